/** Tests of ways through links. */
@NullMarked
package io.llamamesh.fabric.routes;

import org.jspecify.annotations.NullMarked;
