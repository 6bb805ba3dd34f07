/** What several tests need: agents that answer as real ones do. Imports nothing of the scraper. */
@NullMarked
package io.llamamesh.scraper.testing;

import org.jspecify.annotations.NullMarked;
