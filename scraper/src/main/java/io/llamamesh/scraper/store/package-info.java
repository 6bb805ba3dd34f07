/**
 * Writes points to a time-series store and tells what it acknowledged; the only package that may
 * import InfluxDB's clients.
 */
@NullMarked
package io.llamamesh.scraper.store;

import org.jspecify.annotations.NullMarked;
