/**
 * The command {@code local}: reads options, starts the parts in order, shows the matrix, ends
 * everything.
 */
@NullMarked
package io.llamamesh.local.main;

import org.jspecify.annotations.NullMarked;
