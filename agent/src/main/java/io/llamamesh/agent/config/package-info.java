/**
 * Sources of the collector's config (a ConfigMap, a file, a registry, the copy of the last good
 * one) and its mapping to a plan of {@code .collector}; imports neither {@code .http} nor {@code
 * .main}.
 */
@NullMarked
package io.llamamesh.agent.config;

import org.jspecify.annotations.NullMarked;
