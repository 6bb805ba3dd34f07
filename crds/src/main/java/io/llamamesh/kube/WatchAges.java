package io.llamamesh.kube;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Ages of watches since their last sign of life: it was opened, or something came.
 *
 * <p>Any thread may call.
 */
public final class WatchAges {
  private final LongSupplier nanoTime;
  private final Map<String, Long> heard = new ConcurrentHashMap<>();

  public WatchAges() {
    this(System::nanoTime);
  }

  WatchAges(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** The watch of a path, with its selectors, is about to be opened. */
  void recordOpening(String watch) {
    heard.putIfAbsent(watch, nanoTime.getAsLong());
  }

  void recordActivity(String watch) {
    heard.put(watch, nanoTime.getAsLong());
  }

  /** Forgets them all: whoever watched has ended. */
  void clear() {
    heard.clear();
  }

  /**
   * Age of the watch that has been silent longest; zero where nothing is watched. The view of the
   * cluster is at most so old.
   */
  public Duration oldest() {
    long now = nanoTime.getAsLong();
    return Duration.ofNanos(
        heard.values().stream().mapToLong(at -> Math.max(0, now - at)).max().orElse(0));
  }
}
