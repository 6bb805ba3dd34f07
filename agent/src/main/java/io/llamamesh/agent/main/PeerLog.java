package io.llamamesh.agent.main;

import io.llamamesh.agent.collector.PeerListener;
import io.llamamesh.agent.collector.PeerState;
import java.net.InetSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells when a peer's state changes. */
final class PeerLog implements PeerListener {

  private static final Logger LOG = LoggerFactory.getLogger(PeerLog.class);

  @Override
  public void changed(InetSocketAddress peer, PeerState before, PeerState now) {
    LOG.info("peer changed peer={} before={} now={}", peer, before, now);
  }
}
