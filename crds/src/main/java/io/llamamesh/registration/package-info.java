/**
 * A probe's side of a registry, llama-sd's or ours: what it says of itself, and how it fetches its
 * collector's config; imports only {@code .tls} of ours.
 */
@NullMarked
package io.llamamesh.registration;

import org.jspecify.annotations.NullMarked;
