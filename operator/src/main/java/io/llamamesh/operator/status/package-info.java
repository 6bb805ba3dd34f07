/**
 * The status of a mesh, from what is known of it: conditions, numbers, Events, and when to write.
 * Pure: no I/O, no log, no clock; imports {@code .plan} alone.
 */
@NullMarked
package io.llamamesh.operator.status;

import org.jspecify.annotations.NullMarked;
