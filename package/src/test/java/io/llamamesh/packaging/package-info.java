/** The package of {@code ./llama-mesh package}, run where there is no Java. */
@NullMarked
package io.llamamesh.packaging;

import org.jspecify.annotations.NullMarked;
