/** Parts that programs of ours share beside their subject: the end of what they opened. */
@NullMarked
package io.llamamesh.runtime;

import org.jspecify.annotations.NullMarked;
