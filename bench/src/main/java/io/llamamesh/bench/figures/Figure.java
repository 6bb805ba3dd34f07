package io.llamamesh.bench.figures;

import java.util.Locale;
import java.util.OptionalDouble;

/**
 * One measured number.
 *
 * @param name words with underscores, the bench's name first: {@code reflector_cpu_per_echo}
 * @param value in {@code unit}
 * @param unit as people write it: {@code µs}, {@code MiB}, {@code B/op}; {@code 1} for counts
 * @param reference the same by the reference in the same run, where there is one
 * @param by the reference
 * @param target what it should reach
 */
public record Figure(
    String name,
    double value,
    String unit,
    OptionalDouble reference,
    FigureReference by,
    FigureGoal target) {

  /** A figure without a reference. */
  public static Figure of(String name, double value, String unit, FigureGoal target) {
    return new Figure(name, value, unit, OptionalDouble.empty(), FigureReference.C, target);
  }

  /** The same figure beside the C reference. */
  public Figure against(OptionalDouble other) {
    return against(FigureReference.C, other);
  }

  /** The same figure beside a reference. */
  public Figure against(FigureReference whose, OptionalDouble other) {
    return new Figure(name, value, unit, other, whose, target);
  }

  /** The line: {@code name=value unit (c 3.90 µs, ratio 1.04; target ratio ≤ 1.15: met)}. */
  public String line() {
    String verdict = verdict();
    String comparison = "";
    if (reference.isPresent()) {
      comparison =
          by.label()
              + " "
              + text(reference.getAsDouble())
              + " "
              + unit
              + ", ratio "
              + text(value / reference.getAsDouble());
    }
    if (reference.isEmpty() && by == FigureReference.GO && verdict.isEmpty()) {
      comparison = by.missing();
    }
    String both = comparison.isEmpty() || verdict.isEmpty() ? "" : "; ";
    String beside = comparison + both + verdict;
    return name + "=" + text(value) + " " + unit + (beside.isEmpty() ? "" : "  (" + beside + ")");
  }

  private String verdict() {
    return switch (target) {
      case FigureGoal.None() -> "";
      case FigureGoal.AtMost(double most) ->
          "target ≤ " + text(most) + " " + unit + ": " + met(value <= most);
      case FigureGoal.RatioAtMost(double most) ->
          "target ratio ≤ "
              + text(most)
              + ": "
              + (reference.isPresent()
                  ? met(value / reference.getAsDouble() <= most)
                  : "unknown, " + by.missing());
    };
  }

  private static String met(boolean met) {
    return met ? "met" : "MISSED";
  }

  private static String text(double value) {
    double size = Math.abs(value);
    if (value == Math.rint(value) && size < 1e15) {
      return Long.toString((long) value);
    }
    return String.format(Locale.ROOT, size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.2f", value);
  }
}
