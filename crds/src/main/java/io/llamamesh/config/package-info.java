/** The collector's config document, LLAMA's YAML and its superset; imports nothing but Jackson. */
@NullMarked
package io.llamamesh.config;

import org.jspecify.annotations.NullMarked;
