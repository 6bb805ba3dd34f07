package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import io.llamamesh.results.Point.Fields;
import io.llamamesh.results.PointReader;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Plausibility check of a point: a broken or hostile agent must not distort the verdict on the
 * others by impossible numbers.
 */
final class PointCheck {
  /** Most probes of a pair in a window: at 100,000 a second they would take almost three hours. */
  static final double MAX_PROBES = 1e9;

  /** Longest RTT in milliseconds, more than a minute: what half a float can hold. */
  static final double MAX_RTT_MILLIS = 65_000;

  /** Longest name or tag: as long as a collector's config allows. */
  static final int MAX_TEXT = 512;

  /** Largest number of an unknown field: it is written out in full for a store. */
  static final double MAX_NUMBER = 1e18;

  private static final Instant EARLIEST = Instant.EPOCH;
  private static final Instant LATEST = Instant.parse("2200-01-01T00:00:00Z");

  private enum Kind {
    SENT,
    /** Outcome of a probe: each probe that was sent has at most one. */
    OUTCOME,
    LOST,
    /** Part of what is lost. */
    DIRECTED,
    OTHER_COUNT,
    MILLIS,
    PERCENT,
    DSCP
  }

  private static final Map<String, Kind> KINDS = kinds();

  // Sums over one point's fields while they are checked one after the other.
  private double sent;
  private double outcomes;
  private double lost;
  private double directed;
  private boolean possible = true;

  private PointCheck() {}

  /**
   * True if its time, its size and its numbers are possible, and its outcomes do not exceed what
   * was sent.
   *
   * @param timed true if its time is that of a window: Go LLAMA's is not
   */
  static boolean isPlausible(Point point, boolean timed) {
    return (!timed || (!point.time().isBefore(EARLIEST) && point.time().isBefore(LATEST)))
        && point.measurement().length() <= MAX_TEXT
        && point.tags().size() <= PointReader.MAX_TAGS
        && point.fields().size() <= PointReader.MAX_FIELDS
        && new PointCheck().isPossible(point);
  }

  private boolean isPossible(Point point) {
    point.forEachTag(
        (name, value) -> possible &= name.length() <= MAX_TEXT && value.length() <= MAX_TEXT);
    point.forEachField(this::field);
    boolean counted =
        point.measurement().equals(Point.RAW_STATS) || point.measurement().equals(Point.PATH_STATS);
    return possible && (!counted || (outcomes + lost <= sent && directed <= lost));
  }

  private void field(String name, double value) {
    possible &= name.length() <= MAX_TEXT;
    @Nullable Kind kind = KINDS.get(name);
    if (kind == null) {
      possible &= Math.abs(value) <= MAX_NUMBER;
      return;
    }
    possible &= value >= 0 && value <= most(kind);
    switch (kind) {
      case SENT -> sent = value;
      case OUTCOME -> outcomes += value;
      case LOST -> lost = value;
      case DIRECTED -> directed += value;
      case OTHER_COUNT, MILLIS, PERCENT, DSCP -> {}
    }
  }

  private static double most(Kind kind) {
    return switch (kind) {
      case MILLIS -> MAX_RTT_MILLIS;
      case PERCENT -> 100;
      case DSCP -> 63;
      case SENT, OUTCOME, LOST, DIRECTED, OTHER_COUNT -> MAX_PROBES;
    };
  }

  private static Map<String, Kind> kinds() {
    Map<String, Kind> kinds = new HashMap<>();
    kinds.put(Fields.SENT, Kind.SENT);
    kinds.put(Fields.LOST, Kind.LOST);
    List.of(
            Fields.RECEIVED,
            Fields.LATE,
            Fields.REFUSED,
            Fields.TOO_BIG,
            Fields.OWN_DROP,
            Fields.OVERLOAD,
            Fields.CORRUPT,
            Fields.SUPPRESSED)
        .forEach(name -> kinds.put(name, Kind.OUTCOME));
    List.of(Fields.FORWARD_LOST, Fields.RETURN_LOST)
        .forEach(name -> kinds.put(name, Kind.DIRECTED));
    List.of(
            Fields.DUE,
            Fields.SKIPPED,
            Fields.STALLED,
            Fields.SEND_ERROR,
            Fields.DUPLICATE,
            Fields.REORDERED,
            Fields.DSCP_REWRITTEN,
            Fields.REFLECTED)
        .forEach(name -> kinds.put(name, Kind.OTHER_COUNT));
    List.of(
            Fields.RTT,
            Fields.RTT_MIN,
            Fields.RTT_P50,
            Fields.RTT_P90,
            Fields.RTT_P99,
            Fields.RTT_MAX,
            Fields.JITTER,
            Fields.RESIDENCE)
        .forEach(name -> kinds.put(name, Kind.MILLIS));
    kinds.put(Fields.LOSS, Kind.PERCENT);
    kinds.put(Fields.PATH_MTU, Kind.OTHER_COUNT);
    List.of(Fields.DSCP_FORWARD, Fields.DSCP_RETURN).forEach(name -> kinds.put(name, Kind.DSCP));
    return Map.copyOf(kinds);
  }
}
