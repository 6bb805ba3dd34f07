/**
 * Keys of single nodes: how they follow from a mesh's master, what is handed out, and how it is
 * fetched; imports the rings of keys and the connection of registries.
 */
@NullMarked
package io.llamamesh.keys;

import org.jspecify.annotations.NullMarked;
