package io.llamamesh.registry.directory;

/**
 * What a look for entries that ran out found.
 *
 * @param probes entries removed
 * @param groups groups removed, being empty
 */
public record SweepResult(int probes, int groups) {}
