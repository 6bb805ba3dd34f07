package io.llamamesh.registry.directory;

/**
 * What a look for entries that ran out found.
 *
 * @param probes entries removed
 * @param groups groups removed, being empty
 */
public record Sweep(int probes, int groups) {}
