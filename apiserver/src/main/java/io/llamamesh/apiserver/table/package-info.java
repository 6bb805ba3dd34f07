/**
 * Tables that {@code kubectl get} prints: columns per resource and the values in them. Pure;
 * imports {@code json} and {@code types} only.
 */
@NullMarked
package io.llamamesh.apiserver.table;

import org.jspecify.annotations.NullMarked;
