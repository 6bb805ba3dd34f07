/**
 * The collector's config document, LLAMA's YAML and its superset: read by SnakeYAML, written by
 * Jackson, and nothing else is imported.
 */
@NullMarked
package io.llamamesh.config;

import org.jspecify.annotations.NullMarked;
