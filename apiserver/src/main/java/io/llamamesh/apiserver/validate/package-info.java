/**
 * What an API server does to a document before it keeps it: unknown fields out, defaults in, every
 * broken rule named. Pure; imports {@code json} and {@code problem} only.
 */
@NullMarked
package io.llamamesh.apiserver.validate;

import org.jspecify.annotations.NullMarked;
