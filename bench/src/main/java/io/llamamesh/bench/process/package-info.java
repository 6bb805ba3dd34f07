/**
 * Programs that are measured: started as children, their CPU time and memory read from {@code
 * /proc}, ended again. Imports only {@code java.*}.
 */
@NullMarked
package io.llamamesh.bench.process;

import org.jspecify.annotations.NullMarked;
