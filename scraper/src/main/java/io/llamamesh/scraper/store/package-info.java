/** Writes to a time-series store, with the acknowledgement of each page. */
@NullMarked
package io.llamamesh.scraper.store;

import org.jspecify.annotations.NullMarked;
