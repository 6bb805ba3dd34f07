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
 * Ends so that nobody takes it for loss: replies are marked as draining until everyone who probes
 * has seen the mark and stopped counting, our own probes in flight come home, the window is closed.
 */
final class Goodbye {

  /** A peer that probes more seldom than this may miss the mark. */
  static final Duration LONGEST = Duration.ofSeconds(30);

  private static final Logger LOG = LoggerFactory.getLogger(Goodbye.class);
  private static final Duration STEP = Duration.ofMillis(100);
  private static final Duration IN_FLIGHT = Duration.ofSeconds(10);

  private Goodbye() {}

  /**
   * Says goodbye; returns when all is said, time is up, or a second signal came.
   *
   * @return whether it was said to the end
   */
  static boolean say(
      StopSignal stop,
      List<Reflector> reflectors,
      ReflectorCounters reflected,
      @Nullable Collector collector)
      throws InterruptedException {
    long began = System.nanoTime();
    reflectors.forEach(Reflector::drain);
    boolean home = collector == null || collector.finish(IN_FLIGHT);
    boolean quiet = reflectors.isEmpty();
    while (!quiet && System.nanoTime() - began < LONGEST.toNanos()) {
      if (stop.urgent(STEP)) {
        LOG.info("goodbye cut short by a second signal");
        return false;
      }
      quiet = reflected.sources().quiet(System.nanoTime());
    }
    LOG.info(
        "goodbye said peersQuiet={} probesHome={} millis={}",
        quiet,
        home,
        Duration.ofNanos(System.nanoTime() - began).toMillis());
    return true;
  }
}
