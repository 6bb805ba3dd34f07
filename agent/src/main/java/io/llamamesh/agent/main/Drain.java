package io.llamamesh.agent.main;

import io.llamamesh.agent.collector.Collector;
import io.llamamesh.agent.reflector.Reflector;
import io.llamamesh.agent.reflector.ReflectorCounters;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drain of an agent, so that nobody counts its end as loss: replies carry the drain mark until
 * every sender has seen it and stopped counting, our own probes in flight are settled, the window
 * is closed.
 */
final class Drain {

  /** Longest drain; a peer that probes more seldom than this may miss the mark. */
  static final Duration TIMEOUT = Duration.ofSeconds(30);

  private static final Logger LOG = LoggerFactory.getLogger(Drain.class);
  private static final Duration STEP = Duration.ofMillis(100);

  private Drain() {}

  /**
   * Drains; returns when peers are quiet and probes settled, time is up, or a second signal came.
   *
   * @return false when a second signal cut it short
   */
  static boolean run(
      StopSignal stop,
      List<Reflector> reflectors,
      ReflectorCounters reflected,
      @Nullable Collector collector)
      throws InterruptedException {
    long began = System.nanoTime();
    reflectors.forEach(Reflector::drain);
    if (collector != null) {
      collector.stopProbing();
    }
    boolean cut = false;
    boolean quiet = reflectors.isEmpty();
    boolean settled = false;
    while (!cut && !(quiet && settled)) {
      cut = stop.awaitUrgent(STEP);
      Duration since = Duration.ofNanos(System.nanoTime() - began);
      quiet = reflected.sources().isQuiet(System.nanoTime()) || since.compareTo(TIMEOUT) > 0;
      settled =
          collector == null
              || collector.isSettled()
              || since.compareTo(collector.longestSettleTime()) > 0;
    }
    // Last: until then windows count what the reflector still sends back.
    boolean complete = collector == null || collector.awaitFinish(Duration.ZERO);
    LOG.info(
        "drained cutShort={} peersQuiet={} probesSettled={} millis={}",
        cut,
        quiet,
        complete,
        Duration.ofNanos(System.nanoTime() - began).toMillis());
    return !cut;
  }
}
