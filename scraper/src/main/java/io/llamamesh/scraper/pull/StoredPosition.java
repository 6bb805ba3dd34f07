package io.llamamesh.scraper.pull;

import io.llamamesh.results.WindowCursor;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Stored position of one agent: the cursor up to which its windows are stored, and the newest one
 * that it published.
 *
 * <p>A store that was unavailable may have acknowledged more than it persisted, so the last half
 * minute before an outage is written again. Pure; not thread-safe.
 */
final class StoredPosition {
  /** Time that a store may take to persist what it acknowledged (VictoriaMetrics: 5 s). */
  private static final Duration UNSAVED = Duration.ofSeconds(30);

  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final int LEAST_REWOUND = 3;
  private static final long UNKNOWN = -1;

  private @Nullable WindowCursor stored;
  // The furthest cursor that was ever stored: windows rewound before it do not count as missed.
  private @Nullable WindowCursor furthestStored;
  private @Nullable WindowCursor newestPublished;
  // Newest cursor of the agent's boot before this one, until it is known how many of its windows
  // are gone; and the sequence up to which that boot was stored when this one began.
  private @Nullable WindowCursor previousBoot;
  private long previousBootStored = UNKNOWN;
  // Sequence of the agent's newest window, if known.
  private long newestSequence = UNKNOWN;
  private long outages;

  /**
   * @param stored cursor stored before; null: none
   * @param outages number of store outages so far
   */
  StoredPosition(@Nullable WindowCursor stored, long outages) {
    this.stored = stored;
    this.furthestStored = stored;
    this.newestPublished = stored;
    this.outages = outages;
  }

  /** Cursor behind what the store has acknowledged; null before the first page. */
  @Nullable WindowCursor stored() {
    return stored;
  }

  /**
   * Records that the agent has windows up to a cursor.
   *
   * @param more true if it has more cursor behind it
   * @return number of windows of its boot before that are gone and were never stored
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
   * Abandons the agent's unstored windows: it answers without cursors from now on.
   *
   * @return number of windows abandoned
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
   * Windows lost with the boot before: an agent that kept its windows continues their numbers; if
   * they restart below what is stored, it kept none.
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

  /** True if the agent has windows that are not stored. */
  boolean isBehind() {
    if (newestPublished == null) {
      return false;
    }
    return stored == null
        || !stored.bootId().equals(newestPublished.bootId())
        || stored.sequence() < newestPublished.sequence();
  }

  /** Takes over the cursor up to which another scraper stored, if that is further. */
  void takeOver(WindowCursor from) {
    WindowCursor own = stored;
    if (own == null || !own.bootId().equals(from.bootId()) || own.sequence() < from.sequence()) {
      stored = from;
      furthestStored = from;
    }
  }

  /**
   * Rewinds after an outage of the store since the last call; true if it did.
   *
   * @param outagesNow number of outages so far
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
    // Counted from the furthest stored: outages in a row must not rewind ever further.
    stored =
        new WindowCursor(
            now.bootId(), Math.max(0, Math.min(now.sequence(), furthest.sequence() - windows)));
    return true;
  }

  /**
   * Records that the store has a page.
   *
   * @param cursor behind it
   * @return number of windows before it that the agent no longer retained
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
