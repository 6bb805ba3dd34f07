/**
 * Server-side apply on trees: who owns which field, how an applied document merges, what is pruned
 * and what conflicts. Pure; imports {@code json} and {@code problem} only.
 */
@NullMarked
package io.llamamesh.apiserver.apply;

import org.jspecify.annotations.NullMarked;
