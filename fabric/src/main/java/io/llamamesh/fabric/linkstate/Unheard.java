package io.llamamesh.fabric.linkstate;

import io.llamamesh.fabric.detector.Hearing;

/**
 * A peer that the origin of an ad does not hear as it should.
 *
 * @param node the peer
 * @param hearing what arrives of it, never {@link Hearing#HEARD}
 * @param forMillis how long before the ad it began
 */
public record Unheard(String node, Hearing hearing, long forMillis) {}
