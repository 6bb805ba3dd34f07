/**
 * Figures, their references and targets, and the line that each is printed as; pure, imports only
 * {@code java.*}.
 */
@NullMarked
package io.llamamesh.bench.figures;

import org.jspecify.annotations.NullMarked;
