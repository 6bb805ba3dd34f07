package io.llamamesh.fabric.multicast;

/**
 * Counters of a node's multicast since the start, for metrics.
 *
 * @param originated messages sent from here
 * @param transmitted copies sent over links, of whatever origin
 * @param delivered messages and copies delivered here
 * @param duplicates copies that were not delivered, since one was before
 * @param repeated copies that came along a tree again and were not sent on
 * @param expired copies not sent on to a child, since their hops were used up
 * @param unlinked copies not sent on to a child, since there was no link to it or no room
 * @param untreed copies that could not be sent on, since their root is unknown here
 * @param late copies older than what is remembered, neither delivered nor sent on
 * @param malformed messages that could not be read
 */
public record MulticastCounters(
    long originated,
    long transmitted,
    long delivered,
    long duplicates,
    long repeated,
    long expired,
    long unlinked,
    long untreed,
    long late,
    long malformed) {}
