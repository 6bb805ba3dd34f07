/**
 * Where the collector's config comes from (a ConfigMap, a file, the copy of the last good one) and
 * what it means to {@code .collector}; imports neither {@code .http} nor {@code .main}.
 */
@NullMarked
package io.llamamesh.agent.config;

import org.jspecify.annotations.NullMarked;
