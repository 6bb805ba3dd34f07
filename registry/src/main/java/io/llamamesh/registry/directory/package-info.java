/**
 * The directory of probes: who is registered, who probes whom, and the documents made of that.
 * Pure: no I/O, no clock of its own.
 */
@NullMarked
package io.llamamesh.registry.directory;

import org.jspecify.annotations.NullMarked;
