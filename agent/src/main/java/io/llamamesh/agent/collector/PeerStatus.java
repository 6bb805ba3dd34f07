package io.llamamesh.agent.collector;

import io.llamamesh.agent.net.PeerError;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A peer that is not simply well.
 *
 * @param lastError what the network said last about probes to it; null for nothing in the last
 *     minute
 * @param pathMtu bytes of an IP packet that the path takes, where probes are longer; else 0
 */
public record PeerStatus(
    InetSocketAddress peer, PeerState state, @Nullable PeerError lastError, int pathMtu) {}
