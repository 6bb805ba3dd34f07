package io.llamamesh.agent.collector;

import io.llamamesh.agent.net.PeerError;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Status of a peer with a problem.
 *
 * @param lastError newest network error of the last minute; null for none
 * @param pathMtu bytes of an IP packet that the path takes, where probes are longer; else 0
 */
public record PeerStatus(
    InetSocketAddress peer, PeerState state, @Nullable PeerError lastError, int pathMtu) {}
