package io.llamamesh.e2e.row;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Gaps and repeats among windows that should follow each other.
 *
 * @param gaps where some are missing
 * @param repeats where one is there twice
 */
record Continuity(List<Step> gaps, List<Step> repeats) {
  /**
   * From one window to the next.
   *
   * @param series the windows' tags
   * @param from the window before, or where looking began
   * @param to the window after, or where looking ended
   */
  record Step(String series, Instant from, Instant to) {}

  /** Gaps in words. */
  List<String> missing() {
    return gaps.stream()
        .map(gap -> gap.series() + ": nothing from " + gap.from() + " to " + gap.to())
        .toList();
  }

  /** Windows that are there twice, in words. */
  List<String> duplicated() {
    return repeats.stream()
        .map(step -> step.series() + ": " + step.from() + " and " + step.to())
        .toList();
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
    List<Step> gaps = new ArrayList<>();
    List<Step> repeats = new ArrayList<>();
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
          gaps.add(new Step(series, before, time));
        }
        if (!first && step.compareTo(least) < 0) {
          repeats.add(new Step(series, before, time));
        }
        before = time;
        first = false;
      }
      if (Duration.between(before, to).compareTo(most) > 0) {
        gaps.add(new Step(series, before, to));
      }
    });
    return new Continuity(gaps, repeats);
  }
}
