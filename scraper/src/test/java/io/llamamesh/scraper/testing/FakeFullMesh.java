package io.llamamesh.scraper.testing;

import io.llamamesh.results.Point;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Fake agents of a full mesh that publish windows of a second, faster than real time, and record
 * what they published.
 */
public final class FakeFullMesh implements AutoCloseable {
  private static final long BEGINS_BEFORE_NOW = 3_000;

  private final List<FakeAgent> agents = new ArrayList<>();
  private final Set<String> published = new ConcurrentSkipListSet<>();
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final long start = Instant.now().getEpochSecond() - BEGINS_BEFORE_NOW;
  private @Nullable ScheduledFuture<?> publishing;
  private int windows;

  public FakeFullMesh(int size) throws IOException {
    for (int i = 0; i < size; i++) {
      agents.add(FakeAgent.start());
    }
  }

  public List<FakeAgent> agents() {
    return agents;
  }

  /** Agents' addresses, as {@code --collectors} takes them. */
  public String addresses() {
    return String.join(",", agents.stream().map(FakeAgent::address).toList());
  }

  /** Begins to publish. */
  public void begin(Duration every) {
    publishing =
        clock.scheduleAtFixedRate(this::publish, 0, every.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Publishes no more. */
  public void end() {
    if (publishing != null) {
      publishing.cancel(false);
    }
  }

  /** Every window of every pair that was published: {@code <second> <source>><destination>}. */
  public Set<String> published() {
    return new TreeSet<>(published);
  }

  /** How many windows every agent has published. */
  public synchronized int windows() {
    return windows;
  }

  /** Every agent publishes one window. */
  public synchronized void publish() {
    Instant end = Instant.ofEpochSecond(start + windows++);
    for (int i = 1; i <= agents.size(); i++) {
      List<Point> window = new ArrayList<>();
      for (int j = 1; j <= agents.size(); j++) {
        if (i != j) {
          window.add(Points.pair("node-" + i, "node-" + j, end, 16, 1, 0.25));
          published.add(end.getEpochSecond() + " node-" + i + ">node-" + j);
        }
      }
      agents.get(i - 1).publish(window);
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    agents.forEach(FakeAgent::close);
  }
}
