/**
 * The replicated store: every key on every node, written by operations, acknowledged when they are
 * on disk, spread by deltas over multicast and made equal by digests with one neighbour in turn.
 *
 * <p>{@link io.llamamesh.fabric.store.ReplicatedStore} is a state machine without threads: calls
 * and time in, messages and notifications out. Only {@link io.llamamesh.fabric.store.MvStorage}
 * touches a disk, by H2's MVStore. Decisions: ADR 0073.
 */
@NullMarked
package io.llamamesh.fabric.store;

import org.jspecify.annotations.NullMarked;
