/**
 * What an API server does to a document before it keeps it: unknown fields out, defaults in, every
 * broken rule named. Pure; imports {@code json}, {@code problem} and {@code schema} only.
 */
@NullMarked
package io.llamamesh.apiserver.validate;

import org.jspecify.annotations.NullMarked;
