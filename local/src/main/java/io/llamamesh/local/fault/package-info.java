/**
 * Faults between the agents of a local mesh and the relay that makes them; must not import the
 * cluster or the store.
 */
@NullMarked
package io.llamamesh.local.fault;

import org.jspecify.annotations.NullMarked;
