/**
 * The LlamaMesh resource, its names and its generated CRD; imports fabric8's model and Jackson
 * only.
 */
@NullMarked
package io.llamamesh.crd;

import org.jspecify.annotations.NullMarked;
