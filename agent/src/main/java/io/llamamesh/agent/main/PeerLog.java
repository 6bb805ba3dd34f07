package io.llamamesh.agent.main;

import io.llamamesh.agent.collector.PeerListener;
import io.llamamesh.agent.collector.PeerState;
import java.net.InetSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logger of changes of peers' states, limited to one line a second after a burst; counts those left
 * out.
 */
final class PeerLog implements PeerListener {

  private static final Logger LOG = LoggerFactory.getLogger(PeerLog.class);
  private static final long SECOND = 1_000_000_000L;

  /** Changes that are logged at once before the limit applies. */
  private static final int BURST = 20;

  private long secondBegan = System.nanoTime();
  private int written;
  private long leftOut;

  @Override
  public void changed(InetSocketAddress peer, PeerState before, PeerState now) {
    long time = System.nanoTime();
    long seconds = (time - secondBegan) / SECOND;
    if (seconds > 0) {
      written = (int) Math.max(0, written - seconds);
      secondBegan += seconds * SECOND;
    }
    if (written >= BURST) {
      leftOut++;
      return;
    }
    written++;
    LOG.info("peer state changed peer={} from={} to={} suppressed={}", peer, before, now, leftOut);
    leftOut = 0;
  }
}
