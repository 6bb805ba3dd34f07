package io.llamamesh.operator.status;

/**
 * Obstacle to pods that should come up.
 *
 * @param reason in CamelCase, the reason of a condition
 * @param message for people
 */
public record Obstacle(String reason, String message) {}
