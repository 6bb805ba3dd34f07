/**
 * The time-series store of a local mesh and the queries that count what it holds; must not import
 * cluster, faults or page.
 */
@NullMarked
package io.llamamesh.local.store;

import org.jspecify.annotations.NullMarked;
