/**
 * Replicated data types: counter, flag, register, set and map, nested in each other, that replicas
 * change by operations and join in any order.
 *
 * <p>State and causal context are kept apart, as in Almeida, Shoker and Baquero, "Delta state
 * replicated data types" (2018): a {@link io.llamamesh.fabric.crdt.Document} is a tree of dots and
 * the set of all dots that it has seen. What is seen and not in the tree was removed; no tombstones
 * are kept. The types offered and their names follow riak_dt; the differences are listed in ADR
 * 0073. Everything here is immutable and imports only {@code java.*}.
 */
@NullMarked
package io.llamamesh.fabric.crdt;

import org.jspecify.annotations.NullMarked;
