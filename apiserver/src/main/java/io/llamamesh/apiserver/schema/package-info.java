/**
 * What a kind's fields are and how its lists merge: from the model classes for built-in kinds, from
 * the CRD for custom ones; imports {@code json} only.
 */
@NullMarked
package io.llamamesh.apiserver.schema;

import org.jspecify.annotations.NullMarked;
