/**
 * JSON documents of the matrix, as {@code /api/v1/matrix}, {@code /pairs} and {@code /windows}
 * serve them, and the table that a terminal shows of them. Pure; of the scraper's packages it
 * imports {@code matrix} alone.
 */
@NullMarked
package io.llamamesh.scraper.document;

import org.jspecify.annotations.NullMarked;
