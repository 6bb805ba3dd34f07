package io.llamamesh.registry.directory;

/**
 * The result of a sweep for entries that ran out.
 *
 * @param probes entries removed
 * @param groups groups removed, being empty
 */
public record ExpiryResult(int probes, int groups) {}
