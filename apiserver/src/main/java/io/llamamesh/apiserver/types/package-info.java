/**
 * The resources that are served, built in and custom; imports {@code json}, {@code problem} and
 * {@code schema} only.
 */
@NullMarked
package io.llamamesh.apiserver.types;

import org.jspecify.annotations.NullMarked;
