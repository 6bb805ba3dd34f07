package io.llamamesh.scraper.pull;

import io.llamamesh.scraper.store.Store;
import io.llamamesh.scraper.store.WriteFailure;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** Fake store that keeps lines, and is unavailable on request. */
final class FakeStore implements Store {
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final AtomicInteger refusals = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();
  private volatile boolean unavailable;
  private volatile Duration retryAfter = Duration.ZERO;
  private volatile Predicate<String> fails = line -> false;
  private volatile Predicate<String> refuses = line -> false;

  void unavailable(boolean on) {
    unavailable = on;
  }

  /** How long it asks to wait while it is away. */
  void retryAfter(Duration asked) {
    retryAfter = asked;
  }

  /** Fails on such lines, and takes others. */
  void failsOn(Predicate<String> line) {
    fails = line;
  }

  /** Refuses such lines, and takes others. */
  void refuses(Predicate<String> line) {
    refuses = line;
  }

  List<String> lines() {
    return lines;
  }

  /** How often it failed on lines. */
  int failures() {
    return failures.get();
  }

  int refusals() {
    return refusals.get();
  }

  @Override
  public void write(List<String> batch) throws WriteFailure.WriteFailedException {
    if (unavailable) {
      refusals.incrementAndGet();
      throw new WriteFailure.WriteFailedException(new WriteFailure.Unavailable("away", retryAfter));
    }
    if (batch.stream().anyMatch(fails)) {
      failures.incrementAndGet();
      throw new WriteFailure.WriteFailedException(new WriteFailure.Failed("panic"));
    }
    if (batch.stream().anyMatch(refuses)) {
      throw new WriteFailure.WriteFailedException(new WriteFailure.Rejected("bad line"));
    }
    lines.addAll(batch);
  }

  @Override
  public String description() {
    return "memory";
  }

  @Override
  public void close() {}
}
