/** Processes that end with the one that started them. Imports the JDK only. */
@NullMarked
package io.llamamesh.process;

import org.jspecify.annotations.NullMarked;
