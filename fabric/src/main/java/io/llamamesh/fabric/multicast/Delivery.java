package io.llamamesh.fabric.multicast;

import java.util.List;

/**
 * A message for this node.
 *
 * @param id its name
 * @param topic what it is about
 * @param payload what was sent
 * @param hops links that this copy took, 0 for the sender's own
 * @param route the nodes that this copy came by, sender first and this node last; empty unless
 *     recorded
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared, never changed.
public record Delivery(MessageId id, String topic, byte[] payload, int hops, List<String> route) {}
