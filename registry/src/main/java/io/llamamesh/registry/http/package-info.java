/**
 * The registry over HTTP: routes, who may ask, how often and how much; imports {@code .directory}
 * only.
 */
@NullMarked
package io.llamamesh.registry.http;

import org.jspecify.annotations.NullMarked;
