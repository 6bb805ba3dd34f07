package io.llamamesh.scraper.testing;

import io.llamamesh.scraper.store.Store;
import io.llamamesh.scraper.store.WriteFailure;
import io.llamamesh.scraper.store.WriteFailure.WriteFailedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * A store with moods, of which each lasts at least two requests: it takes lines, refuses or fails
 * on everything, is away, takes lines without saying so, or takes but few at once. Some lines it
 * never takes.
 */
public final class SimulatedStore implements Store {
  private final Random random;
  private final Function<String, Fault> faults;
  private final Set<String> taken = ConcurrentHashMap.newKeySet();
  private Mood mood = Mood.WELL;
  private int lasts = 20;
  private boolean calm;

  /** What is wrong with a line. */
  public enum Fault {
    NONE,
    REFUSED,
    DROPPED,
    FAILS
  }

  private enum Mood {
    WELL,
    REFUSES_ALL,
    FAILS_ALL,
    AWAY,
    FORGETS_TO_ANSWER,
    NARROW
  }

  /**
   * A store that is well at first.
   *
   * @param faults what is wrong with a line
   */
  public SimulatedStore(Random random, Function<String, Fault> faults) {
    this.random = random;
    this.faults = faults;
  }

  /** All lines that it has. */
  public Set<String> taken() {
    return taken;
  }

  /** It is well from now on. */
  public synchronized void recover() {
    calm = true;
    mood = Mood.WELL;
  }

  @Override
  public synchronized void write(List<String> lines) throws WriteFailedException {
    if (!calm && --lasts < 0) {
      mood = random.nextBoolean() ? Mood.WELL : Mood.values()[random.nextInt(6)];
      lasts = 2 + random.nextInt(30);
    }
    switch (mood) {
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
    return "moody";
  }

  @Override
  public void close() {}
}
