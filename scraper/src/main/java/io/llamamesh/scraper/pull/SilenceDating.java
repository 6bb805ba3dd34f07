package io.llamamesh.scraper.pull;

import io.llamamesh.results.SilencedNode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Dating of silences by this scraper's clock. A silence has the times of the agent at which it was
 * set, and does not say which one that was.
 *
 * <p>One that begins in the future was set by a clock that is ahead, and now or earlier. It holds
 * for its length from when it was first read, so neither not at all nor for as long as that clock
 * is ahead. One from a clock more than {@link #MAX_AHEAD} ahead is ignored: each scraper that
 * starts would hold it anew until that far time. One that was over when it was first read, by
 * answer of an agent for which it still lasts, is ignored too. Each such silence is logged and
 * counted once.
 *
 * <p>Pure; {@link #date} is for one thread, the counts for any.
 */
final class SilenceDating {
  private static final Logger LOG = LoggerFactory.getLogger(SilenceDating.class);

  /** Difference of clocks below which times are taken as they are. */
  static final Duration NEGLIGIBLE = Duration.ofMinutes(1);

  /** How far a clock may be ahead. */
  static final Duration MAX_AHEAD = Duration.ofDays(1);

  /** Silences that are remembered: more than can hold at a time, whoever makes them up. */
  private static final int MAX_REMEMBERED = 4 * SilencedNode.MAX_SILENCED;

  /** What is known of a silence, in the order in which they were first read. */
  private final Map<SilencedNode, Dated> known = new LinkedHashMap<>();

  private final LongAdder held = new LongAdder();
  private final LongAdder ignored = new LongAdder();

  /**
   * A silence that was read.
   *
   * @param here the same by our clock; null where it is ignored
   * @param isShifted whether {@code here} has other times than it says itself
   */
  private record Dated(@Nullable SilencedNode here, boolean isShifted) {}

  /** The silences of an answer that hold now, by our clock. */
  List<SilencedNode> date(List<SilencedNode> read, Instant now) {
    List<SilencedNode> here = new ArrayList<>();
    for (SilencedNode silence : read) {
      Dated dated = known.get(silence);
      if (dated == null) {
        dated = dateFirst(silence, now);
        known.put(silence, dated);
      }
      SilencedNode ours = dated.here();
      if (ours != null && ours.isActive(now)) {
        here.add(ours);
      }
    }
    forget(read, now);
    return List.copyOf(here);
  }

  private Dated dateFirst(SilencedNode silence, Instant now) {
    Duration ahead = Duration.between(now, silence.since());
    if (ahead.compareTo(MAX_AHEAD) > 0) {
      ignored.increment();
      LOG.warn(
          "silence ignored, the clock of the agent at which it was set is ahead node={} ahead={}",
          silence.node(),
          seconds(ahead));
      return new Dated(null, false);
    }
    if (ahead.compareTo(NEGLIGIBLE) > 0) {
      Instant since = now.truncatedTo(ChronoUnit.SECONDS);
      Instant until = since.plus(Duration.between(silence.since(), silence.until()));
      held.increment();
      LOG.warn(
          "silence holds for its length, the clock of the agent at which it was set is ahead"
              + " node={} ahead={} until={}",
          silence.node(),
          seconds(ahead),
          until);
      return new Dated(
          new SilencedNode(silence.node(), since, until, silence.by(), silence.because()), true);
    }
    Duration over = Duration.between(silence.until(), now);
    if (over.compareTo(NEGLIGIBLE) > 0) {
      ignored.increment();
      LOG.warn(
          "silence ignored, it is over, and not by the clock of the agent that has it node={}"
              + " behind={}",
          silence.node(),
          seconds(over));
      return new Dated(null, false);
    }
    return new Dated(silence, false);
  }

  private static String seconds(Duration difference) {
    return difference.toSeconds() + "s";
  }

  /**
   * Forgets what is no more. What has other times here stays until its own are over, also if an
   * answer lacks it: read anew, it would hold for longer.
   */
  private void forget(List<SilencedNode> read, Instant now) {
    Set<SilencedNode> there = new HashSet<>(read);
    known
        .entrySet()
        .removeIf(entry ->
            !there.contains(entry.getKey())
                && (!entry.getValue().isShifted() || !entry.getKey().isActive(now)));
    Iterator<SilencedNode> oldest = known.keySet().iterator();
    while (known.size() > MAX_REMEMBERED) {
      var _ = oldest.next();
      oldest.remove();
    }
  }

  /** Silences that are remembered. */
  int remembered() {
    return known.size();
  }

  /** Silences that held for their length, since they began in the future. */
  long held() {
    return held.sum();
  }

  /** Silences that were ignored for their times. */
  long ignored() {
    return ignored.sum();
  }
}
