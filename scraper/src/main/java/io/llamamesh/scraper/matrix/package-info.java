/**
 * The loss and latency matrix in memory: windows per ordered pair and traffic class, joined with
 * the counts of reflectors. Pure, without I/O; imports no other package of the scraper.
 */
@NullMarked
package io.llamamesh.scraper.matrix;

import org.jspecify.annotations.NullMarked;
