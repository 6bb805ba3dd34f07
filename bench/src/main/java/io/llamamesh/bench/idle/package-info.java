/** What the parts cost where little is to do; imports {@code .subject} and what that imports. */
@NullMarked
package io.llamamesh.bench.idle;

import org.jspecify.annotations.NullMarked;
