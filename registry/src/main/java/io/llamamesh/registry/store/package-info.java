/**
 * State that outlives the process: the directory in a file, and the registry's own metrics in
 * InfluxDB; imports {@code .directory} only.
 */
@NullMarked
package io.llamamesh.registry.store;

import org.jspecify.annotations.NullMarked;
