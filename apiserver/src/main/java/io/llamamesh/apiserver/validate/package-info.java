/**
 * Validation of a document before it is kept: unknown fields out, defaults in, every broken rule
 * named. Pure; imports {@code json} and {@code problem} only.
 */
@NullMarked
package io.llamamesh.apiserver.validate;

import org.jspecify.annotations.NullMarked;
