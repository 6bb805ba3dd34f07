/** Images as tars, from a program's dist folder and a base; imports nothing else of ours. */
@NullMarked
package io.llamamesh.images.tar;

import org.jspecify.annotations.NullMarked;
