/** Writes points to a time-series store and tells what it acknowledged. */
@NullMarked
package io.llamamesh.scraper.store;

import org.jspecify.annotations.NullMarked;
