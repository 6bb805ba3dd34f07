/**
 * {@code bench fabric}: the promises of the fabric, by its simulator, and the cost of real nodes;
 * imports {@code .figures} and the fabric.
 */
@NullMarked
package io.llamamesh.bench.fabric;

import org.jspecify.annotations.NullMarked;
