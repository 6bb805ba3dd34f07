package io.llamamesh.e2e.row;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Times from one moment to another, of which the last may go on. */
final class ActivePeriods {
  private record Period(Instant from, Instant to) {}

  private final List<Period> periods = new ArrayList<>();

  /** One begins; one that goes on does so. */
  void begin(Instant at) {
    if (periods.isEmpty() || !periods.getLast().to().equals(Instant.MAX)) {
      periods.add(new Period(at, Instant.MAX));
    }
  }

  /** The last ends, if it goes on. */
  void end(Instant at) {
    if (!periods.isEmpty() && periods.getLast().to().equals(Instant.MAX)) {
      periods.add(new Period(periods.removeLast().from(), at));
    }
  }

  /** True where one of them, made longer at its ends, covers all from one moment to another. */
  boolean contains(Instant from, Instant to, Duration before, Duration after) {
    return periods.stream()
        .anyMatch(span ->
            !from.isBefore(span.from().minus(before))
                && (span.to().equals(Instant.MAX) || !to.isAfter(span.to().plus(after))));
  }
}
