package io.llamamesh.bench.attack;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Row of the table: what one attack tried in all its turns, and what did not hold. */
final class AttackTally {

  private final Attack attack;
  private final List<String> failures = new ArrayList<>();
  private final Map<String, Double> peaks = new TreeMap<>();
  private int turns;
  private long tries;
  private long missing;
  private long contradictions;
  private int looks;
  private int right;
  private String figures = "";

  AttackTally(Attack attack) {
    this.attack = attack;
  }

  /** Adds a turn as its attacker saw it. */
  void attempted(Attack.Attempted attempted) {
    turns++;
    tries += attempted.tries();
    figures = attempted.figures();
    if (!attempted.failure().isEmpty()) {
      failures.add(attempted.failure());
    }
  }

  /** Adds windows that never came, and windows that came with two contents. */
  void windows(long missed, long twice) {
    missing += missed;
    contradictions += twice;
    if (missed > 0) {
      failures.add(missed + " windows missing");
    }
    if (twice > 0) {
      failures.add(twice + " windows with two contents");
    }
  }

  /** Adds how often the verdict was looked at, and how often it was right. */
  void verdicts(int times, int well) {
    looks += times;
    right += well;
  }

  /** Adds the largest memory of a program until now, in MiB. */
  void memory(AttackProgram program, double mebibytes) {
    peaks.merge(
        program.kind().name().toLowerCase(Locale.ROOT) + "/" + program.limitMebibytes(),
        mebibytes,
        Math::max);
    if (mebibytes > program.limitMebibytes()) {
      failures.add("%s has %.0f MiB".formatted(program.name(), mebibytes));
    }
  }

  /** Adds something that did not hold. */
  void failed(String what) {
    failures.add(what);
  }

  boolean hasHeld() {
    return turns > 0 && failures.isEmpty();
  }

  /** The row: attack, held, what must hold, figures. */
  String line() {
    if (turns == 0 && failures.isEmpty()) {
      return "%-18s %-8s %-50s %s"
          .formatted(attack.name(), "not run", attack.mustHold(), attack.obstacle());
    }
    String memory =
        peaks.entrySet().stream()
            .map(peak -> "%s %.0f".formatted(peak.getKey(), peak.getValue()))
            .collect(Collectors.joining(", "));
    String row =
        "%-18s %-8s %-50s %d tries; %s; windows missing %d, twice %d; verdict right %d of %d; MiB: %s"
            .formatted(
                attack.name(),
                hasHeld() ? "held" : "NOT HELD",
                attack.mustHold(),
                tries,
                figures,
                missing,
                contradictions,
                right,
                looks,
                memory);
    return hasHeld() ? row : row + "; " + String.join("; ", failures);
  }
}
