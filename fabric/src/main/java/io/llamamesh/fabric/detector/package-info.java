/**
 * The failure detector: evidence by identity, round-trip times, timeouts. Pure: time and evidence
 * in, pings and changes out.
 */
@NullMarked
package io.llamamesh.fabric.detector;

import org.jspecify.annotations.NullMarked;
