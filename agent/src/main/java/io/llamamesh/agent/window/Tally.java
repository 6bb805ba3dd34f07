package io.llamamesh.agent.window;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A count per pair and window, and per collector since its start: the attempt to send a probe that
 * was due ({@link Attempt}), the one outcome of each probe that was sent ({@link Outcome}), and
 * marks beside it ({@link Mark}). In every window and pair {@code SENT} equals the sum of all
 * outcomes.
 */
public sealed interface Tally permits Attempt, Outcome, Mark {

  /** Index into an array of counters of this process; never stored. */
  int index();

  /** Its constant's name. */
  String name();

  /** Its name in metrics and documents. */
  default String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** All tallies, in the order of their indexes. */
  static List<Tally> all() {
    return Stream.<Tally[]>of(Attempt.values(), Outcome.values(), Mark.values())
        .flatMap(Stream::of)
        .toList();
  }
}
