/** Ways through the links that link state knows: trees, paths, and who is reachable at all. */
@NullMarked
package io.llamamesh.fabric.routes;

import org.jspecify.annotations.NullMarked;
