package io.llamamesh.bench.figures;

/** The goal of a figure. */
public sealed interface FigureGoal {

  /** Nothing is asked of it. */
  record None() implements FigureGoal {}

  /** At most so much, in the figure's unit. */
  record AtMost(double value) implements FigureGoal {}

  /** At most so many times the reference. */
  record RatioAtMost(double ratio) implements FigureGoal {}

  /** Nothing is asked of it. */
  static FigureGoal none() {
    return new None();
  }

  /** At most so much, in the figure's unit. */
  static FigureGoal atMost(double value) {
    return new AtMost(value);
  }

  /** At most so many times the reference. */
  static FigureGoal ratioAtMost(double ratio) {
    return new RatioAtMost(ratio);
  }
}
