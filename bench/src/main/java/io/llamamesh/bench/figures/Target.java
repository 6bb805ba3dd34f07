package io.llamamesh.bench.figures;

/** What a figure should reach. */
public sealed interface Target {

  /** Nothing is asked of it. */
  record None() implements Target {}

  /** At most so much, in the figure's unit. */
  record AtMost(double value) implements Target {}

  /** At most so many times the reference. */
  record RatioAtMost(double ratio) implements Target {}

  /** Nothing is asked of it. */
  static Target none() {
    return new None();
  }

  /** At most so much, in the figure's unit. */
  static Target atMost(double value) {
    return new AtMost(value);
  }

  /** At most so many times the reference. */
  static Target ratioAtMost(double ratio) {
    return new RatioAtMost(ratio);
  }
}
