package io.llamamesh.scraper.pull;

import io.llamamesh.results.WindowCursor;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How far one agent's windows are stored, and how far they could be.
 *
 * <p>A store that was away may have acknowledged more than it had saved, so what was written in the
 * last half minute before is written again. Pure; not thread-safe.
 */
final class StoredPosition {
  /** How long a store may take to save what it acknowledged (VictoriaMetrics: 5 s). */
  private static final Duration UNSAVED = Duration.ofSeconds(30);

  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final int LEAST_REWOUND = 3;
  private static final long UNKNOWN = -1;

  private @Nullable WindowCursor stored;
  // The furthest that was ever stored: what is rewound behind it is not missed.
  private @Nullable WindowCursor furthestStored;
  private @Nullable WindowCursor newestPublished;
  // What the agent's life before this one had published at last, until it is known what of it is
  // gone; and how far that was stored when this life began.
  private @Nullable WindowCursor previousBoot;
  private long previousBootStored = UNKNOWN;
  // The newest window of the agent, where it is known.
  private long newestSequence = UNKNOWN;
  private long outages;

  /**
   * @param stored what was stored before; null: nothing
   * @param outages how many of the store there were so far
   */
  StoredPosition(@Nullable WindowCursor stored, long outages) {
    this.stored = stored;
    this.furthestStored = stored;
    this.newestPublished = stored;
    this.outages = outages;
  }

  /** Behind what the store has acknowledged; null before the first page. */
  @Nullable WindowCursor stored() {
    return stored;
  }

  /**
   * Notes that the agent has windows up to that cursor.
   *
   * @param more whether it has more behind it
   * @return how many windows of its life before were never stored and are gone
   */
  long recordPublished(WindowCursor cursor, boolean more) {
    WindowCursor last = newestPublished;
    if (last != null && !last.bootId().equals(cursor.bootId())) {
      WindowCursor furthest = furthestStored;
      previousBoot = furthest != null && furthest.bootId().equals(last.bootId()) ? last : null;
      previousBootStored = UNKNOWN;
    }
    newestPublished = cursor;
    newestSequence = more ? UNKNOWN : cursor.sequence();
    return lostWithPreviousBoot();
  }

  /**
   * Forgets what the agent has: it answers without cursors from now on.
   *
   * @return how many windows it had that are not stored
   */
  long abandonUnstored() {
    WindowCursor had = newestPublished;
    WindowCursor furthest = furthestStored;
    newestPublished = stored;
    previousBoot = null;
    return had != null && furthest != null && had.bootId().equals(furthest.bootId())
        ? Math.max(0, had.sequence() - furthest.sequence())
        : 0;
  }

  /**
   * An agent that kept its windows goes on with their numbers; where they begin anew below what is
   * stored, it kept none.
   */
  private long lostWithPreviousBoot() {
    WindowCursor before = previousBoot;
    if (before == null || previousBootStored == UNKNOWN || newestSequence == UNKNOWN) {
      return 0;
    }
    previousBoot = null;
    return newestSequence < previousBootStored
        ? Math.max(0, before.sequence() - previousBootStored)
        : 0;
  }

  /** Whether the agent has windows that are not stored. */
  boolean isBehind() {
    if (newestPublished == null) {
      return false;
    }
    return stored == null
        || !stored.bootId().equals(newestPublished.bootId())
        || stored.sequence() < newestPublished.sequence();
  }

  /** Notes up to where another stored them, where that is further. */
  void takeOver(WindowCursor from) {
    WindowCursor own = stored;
    if (own == null || !own.bootId().equals(from.bootId()) || own.sequence() < from.sequence()) {
      stored = from;
      furthestStored = from;
    }
  }

  /**
   * Goes back where the store was away since it was last asked; whether it did.
   *
   * @param outagesNow how many there were so far
   * @param interval length of a window
   */
  boolean tryRewind(long outagesNow, Duration interval) {
    boolean wasAway = outages != outagesNow;
    outages = outagesNow;
    WindowCursor furthest = furthestStored;
    WindowCursor now = stored;
    if (!wasAway || furthest == null || now == null || !furthest.bootId().equals(now.bootId())) {
      return false;
    }
    long windows =
        Math.max(
            LEAST_REWOUND,
            UNSAVED.dividedBy(interval.compareTo(SHORTEST) > 0 ? interval : SHORTEST));
    // From the furthest that was stored: outages in a row must not lead back ever further.
    stored =
        new WindowCursor(
            now.bootId(), Math.max(0, Math.min(now.sequence(), furthest.sequence() - windows)));
    return true;
  }

  /**
   * Notes that the store has a page.
   *
   * @param cursor behind it
   * @return how many windows before it the agent no longer had
   */
  long recordStored(EncodedPage page, WindowCursor cursor) {
    long missed = page.missedAfter(furthestStored);
    stored = cursor;
    WindowCursor before = furthestStored;
    if (previousBoot != null
        && before != null
        && before.bootId().equals(previousBoot.bootId())
        && !before.bootId().equals(cursor.bootId())) {
      previousBootStored = before.sequence();
      missed += lostWithPreviousBoot();
    }
    if (before == null
        || !before.bootId().equals(cursor.bootId())
        || before.sequence() <= cursor.sequence()) {
      furthestStored = cursor;
    }
    return missed;
  }
}
