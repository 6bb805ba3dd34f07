package io.llamamesh.scraper.pull;

import java.util.concurrent.atomic.LongAdder;

/** Counters of all pulls since the start; thread-safe. */
public final class PullCounters {
  private final LongAdder answers = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final LongAdder points = new LongAdder();
  private final LongAdder windows = new LongAdder();
  private final LongAdder malformed = new LongAdder();
  private final LongAdder excess = new LongAdder();
  private final LongAdder foreign = new LongAdder();
  private final LongAdder missed = new LongAdder();

  /** Answers of agents. */
  public long answers() {
    return answers.sum();
  }

  /** Requests without a usable answer. */
  public long failures() {
    return failures.sum();
  }

  /** Points read. */
  public long points() {
    return points.sum();
  }

  /** Windows of agents read. */
  public long windows() {
    return windows.sum();
  }

  /** Points that could not be parsed, or are implausible. */
  public long malformed() {
    return malformed.sum();
  }

  /** Points beyond the number of series that an agent may have. */
  public long excess() {
    return excess.sum();
  }

  void countExcess(int points) {
    excess.add(points);
  }

  /** Points of other nodes than the sender's. */
  public long foreign() {
    return foreign.sum();
  }

  void countForeign(int points) {
    foreign.add(points);
  }

  /** Windows that agents no longer retained when they were due to be stored. */
  public long missed() {
    return missed.sum();
  }

  void countMalformed(int points) {
    malformed.add(points);
  }

  void countAnswer(int pointsRead, int windowsRead, int malformedPoints) {
    answers.increment();
    points.add(pointsRead);
    windows.add(windowsRead);
    malformed.add(malformedPoints);
  }

  void countFailure() {
    failures.increment();
  }

  void countMissed(long lostWindows) {
    missed.add(lostWindows);
  }
}
