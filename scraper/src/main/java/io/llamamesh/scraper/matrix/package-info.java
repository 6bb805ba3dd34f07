/**
 * The windows held in memory per ordered pair and traffic class, and the matrix document made of
 * them; does no I/O.
 */
@NullMarked
package io.llamamesh.scraper.matrix;

import org.jspecify.annotations.NullMarked;
