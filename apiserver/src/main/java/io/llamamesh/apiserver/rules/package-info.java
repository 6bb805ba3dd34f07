/**
 * The CEL rules of custom resources ({@code x-kubernetes-validations}). Pure; imports {@code json}
 * and {@code problem} only, and is the only package that knows the CEL library.
 */
@NullMarked
package io.llamamesh.apiserver.rules;

import org.jspecify.annotations.NullMarked;
