package io.llamamesh.agent.collector;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Something that is counted per pair and window, and per collector since its start: what was tried
 * with a probe ({@link Attempt}), the one thing that became of each probe that was sent ({@link
 * Outcome}), and what was seen beside ({@link Mark}). In every window and pair {@code SENT} equals
 * the sum of all outcomes.
 */
public sealed interface Tally permits Attempt, Outcome, Mark {

  /** Its place in a row of counters of this process; never stored. */
  int index();

  /** Its constant's name. */
  String name();

  /** As metrics and documents spell it. */
  default String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** All of them, in the order of their places. */
  static List<Tally> all() {
    return Stream.<Tally[]>of(Attempt.values(), Outcome.values(), Mark.values())
        .flatMap(Stream::of)
        .toList();
  }
}
