package io.llamamesh.operator.resources;

import java.time.Instant;

/**
 * A Kubernetes Event about an object.
 *
 * @param object name of that object
 * @param message for people
 * @param at when it happened last
 */
public record ObjectEvent(String object, String message, Instant at) {}
