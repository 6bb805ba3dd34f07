/** The programs scraper and matrix: the only package that reads the environment or exits. */
@NullMarked
package io.llamamesh.scraper.main;

import org.jspecify.annotations.NullMarked;
