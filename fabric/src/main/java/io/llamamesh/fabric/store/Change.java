package io.llamamesh.fabric.store;

/**
 * A key that a subscriber has not seen in its present state.
 *
 * @param key the key
 * @param value its value now, absent when it was removed
 */
public record Change(Key key, Value value) {}
