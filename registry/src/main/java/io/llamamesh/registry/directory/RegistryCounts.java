package io.llamamesh.registry.directory;

/**
 * Counts of what a directory holds.
 *
 * @param probes entries over all groups, those of {@link #shadowed} too
 * @param groups groups
 * @param shadowed entries that are neither probed nor served
 * @param sourcesOnly entries that probe and are not probed
 * @param siteOnly targets of their own site only
 * @param bytes of their documents
 * @param registrations registrations accepted since the start
 * @param expired entries whose keepalive ran out since the start
 * @param displaced how often one took another's name, or address and port, since the start
 */
public record RegistryCounts(
    int probes,
    int groups,
    int shadowed,
    int sourcesOnly,
    int siteOnly,
    long bytes,
    long registrations,
    long expired,
    long displaced) {}
