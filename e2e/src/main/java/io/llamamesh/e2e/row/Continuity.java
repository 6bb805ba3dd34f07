package io.llamamesh.e2e.row;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Whether windows follow each other without a gap and without one that is there twice.
 *
 * @param gaps where some are missing
 * @param doubled where one is there twice, in words
 */
record Continuity(List<Gap> gaps, List<String> doubled) {
  /**
   * Nothing between two moments.
   *
   * @param series the windows' tags
   * @param from the window before, or where looking began
   * @param to the window after, or where looking ended
   */
  record Gap(String series, Instant from, Instant to) {
    @Override
    public String toString() {
      return series + ": nothing from " + from + " to " + to;
    }
  }

  /** Where some are missing, in words. */
  List<String> lost() {
    return gaps.stream().map(Gap::toString).toList();
  }

  /**
   * Looks through times of windows.
   *
   * @param windows times in order, by series
   * @param interval of windows
   * @param from every series must have one within an interval after it
   * @param to every series must have one within an interval before it
   */
  static Continuity of(
      Map<String, List<Instant>> windows, Duration interval, Instant from, Instant to) {
    List<Gap> gaps = new ArrayList<>();
    List<String> doubled = new ArrayList<>();
    Duration most = interval.multipliedBy(3).dividedBy(2);
    Duration least = interval.dividedBy(2);
    windows.forEach((series, all) -> {
      Instant before = from;
      boolean first = true;
      for (Instant time : all) {
        if (time.isBefore(from) || time.isAfter(to)) {
          continue;
        }
        Duration step = Duration.between(before, time);
        if (step.compareTo(most) > 0) {
          gaps.add(new Gap(series, before, time));
        }
        if (!first && step.compareTo(least) < 0) {
          doubled.add(series + ": " + before + " and " + time);
        }
        before = time;
        first = false;
      }
      if (Duration.between(before, to).compareTo(most) > 0) {
        gaps.add(new Gap(series, before, to));
      }
    });
    return new Continuity(gaps, doubled);
  }
}
