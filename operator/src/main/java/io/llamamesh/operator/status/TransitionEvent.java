package io.llamamesh.operator.status;

/**
 * Something worth an Event.
 *
 * @param warning whether it is bad
 * @param reason in CamelCase
 * @param note for people
 */
public record TransitionEvent(boolean warning, String reason, String note) {}
