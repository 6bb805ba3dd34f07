/**
 * The life of an object: created, changed, applied, deleted, as an API server does it. Knows no
 * HTTP; may not import {@code http}, {@code gc} or the root package.
 */
@NullMarked
package io.llamamesh.apiserver.objects;

import org.jspecify.annotations.NullMarked;
