/**
 * {@code bench operator}: what so many nodes cost the operator; imports {@code .process}, {@code
 * .figures}, the stand-in API server and the operator's pure plan.
 */
@NullMarked
package io.llamamesh.bench.operator;

import org.jspecify.annotations.NullMarked;
