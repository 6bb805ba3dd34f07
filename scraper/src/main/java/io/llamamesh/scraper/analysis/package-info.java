/**
 * Analysis of the matrix: bad pairs, suspects, the verdict. Pure, without I/O, threads or a clock.
 */
@NullMarked
package io.llamamesh.scraper.analysis;

import org.jspecify.annotations.NullMarked;
