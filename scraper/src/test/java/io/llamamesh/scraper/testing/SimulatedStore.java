package io.llamamesh.scraper.testing;

import io.llamamesh.scraper.store.Store;
import io.llamamesh.scraper.store.WriteFailure;
import io.llamamesh.scraper.store.WriteFailure.WriteFailedException;
import io.llamamesh.testkit.store.SimulatedStoreScript.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Simulated store with changing states, each of which lasts at least two requests: it accepts
 * lines, rejects or fails on everything, is unavailable, accepts lines without answering, or
 * accepts only few at once. Some lines it never accepts. Seeded.
 */
public final class SimulatedStore implements Store {
  private final Random random;
  private final Function<String, Fault> faults;
  private final Set<String> taken = ConcurrentHashMap.newKeySet();
  private State state = State.WELL;
  private int remaining = 20;
  private boolean recovered;

  private enum State {
    WELL,
    REFUSES_ALL,
    FAILS_ALL,
    AWAY,
    FORGETS_TO_ANSWER,
    NARROW
  }

  /**
   * A store that is healthy at first.
   *
   * @param faults fault of a line
   */
  public SimulatedStore(Random random, Function<String, Fault> faults) {
    this.random = random;
    this.faults = faults;
  }

  /** All lines that it accepted. */
  public Set<String> taken() {
    return taken;
  }

  /** Makes it healthy from now on. */
  public synchronized void recover() {
    recovered = true;
    state = State.WELL;
  }

  @Override
  public synchronized void write(List<String> lines) throws WriteFailedException {
    if (!recovered && --remaining < 0) {
      state = random.nextBoolean() ? State.WELL : State.values()[random.nextInt(6)];
      remaining = 2 + random.nextInt(30);
    }
    switch (state) {
      case WELL -> judge(lines);
      case REFUSES_ALL -> fail(new WriteFailure.Rejected("HTTP 400: wrong protocol"));
      case FAILS_ALL -> fail(new WriteFailure.Failed("HTTP 500: panic"));
      case AWAY -> fail(new WriteFailure.Unavailable("HTTP 503: away", Duration.ZERO));
      case FORGETS_TO_ANSWER -> {
        judge(lines);
        fail(new WriteFailure.Unavailable("no answer within 10 s", Duration.ZERO));
      }
      case NARROW -> {
        if (lines.size() > 3) {
          fail(new WriteFailure.TooLarge("HTTP 413: too large"));
        }
        judge(lines);
      }
    }
  }

  private void judge(List<String> lines) throws WriteFailedException {
    List<String> good = new ArrayList<>();
    int refused = 0;
    int dropped = 0;
    for (String line : lines) {
      switch (faults.apply(line)) {
        case NONE -> good.add(line);
        case REFUSED -> refused++;
        case DROPPED -> dropped++;
        case FAILS -> fail(new WriteFailure.Failed("HTTP 500: panic on a line"));
      }
    }
    if (refused > 0) {
      fail(new WriteFailure.Rejected("HTTP 400: bad line"));
    }
    taken.addAll(good);
    if (dropped > 0) {
      fail(
          new WriteFailure.Dropped("HTTP 400: partial write: too old dropped=" + dropped, dropped));
    }
  }

  private static void fail(WriteFailure failure) throws WriteFailedException {
    throw new WriteFailedException(failure);
  }

  @Override
  public String description() {
    return "simulated";
  }

  @Override
  public void close() {}
}
