/**
 * The Kubernetes API over HTTP: paths, verbs, watches, discovery. Imported by the root package
 * only.
 */
@NullMarked
package io.llamamesh.apiserver.http;

import org.jspecify.annotations.NullMarked;
