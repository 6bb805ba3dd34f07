package io.llamamesh.operator.status;

/**
 * An Event about a mesh, before it is written.
 *
 * @param warning whether it is bad
 * @param reason in CamelCase
 * @param note for people
 */
public record TransitionEvent(boolean warning, String reason, String note) {}
