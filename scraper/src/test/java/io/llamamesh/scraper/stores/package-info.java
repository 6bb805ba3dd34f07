/** Real stores as processes, to be killed and read back; imports of the scraper only its store. */
@NullMarked
package io.llamamesh.scraper.stores;

import org.jspecify.annotations.NullMarked;
