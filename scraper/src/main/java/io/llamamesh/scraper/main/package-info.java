/**
 * Commands {@code scraper} and {@code matrix}: parses options and wires a {@link
 * io.llamamesh.scraper.run.ScraperRun}. The only package that reads the environment or exits.
 */
@NullMarked
package io.llamamesh.scraper.main;

import org.jspecify.annotations.NullMarked;
