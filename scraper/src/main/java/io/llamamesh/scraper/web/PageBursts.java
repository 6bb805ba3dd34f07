package io.llamamesh.scraper.web;

import io.llamamesh.results.BurstReport;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Bursts that readers of the page start. Thread-safe. */
public interface PageBursts {
  /** None can be started. */
  PageBursts NONE = new NoBursts();

  /**
   * A request.
   *
   * @param target node to probe
   * @param pps probes per second of each agent
   * @param seconds time for which probes are sent
   * @param by who asks, for status and logs
   */
  record Order(String target, int pps, double seconds, String by) {}

  /** Reason why none can be started now, for people; null when one can. */
  @Nullable String unavailableReason();

  /**
   * Starts a burst, of which the answers come later.
   *
   * @throws RefusedBurstException when it is not started
   */
  BurstReport start(Order order) throws RefusedBurstException, InterruptedException;

  /** A burst that was started here of late, by its id. */
  Optional<BurstReport> find(String id);

  /** Bursts that were started here of late, newest first. */
  List<BurstReport> recent();
}
