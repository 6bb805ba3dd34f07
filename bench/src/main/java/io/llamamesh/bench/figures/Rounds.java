package io.llamamesh.bench.figures;

import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * The same thing measured in several rounds. The median counts: other work on the machine makes
 * single rounds worse, never better.
 */
public final class Rounds {

  private double[] values = new double[0];

  /** One more round. */
  public void add(double value) {
    values = Arrays.copyOf(values, values.length + 1);
    values[values.length - 1] = value;
  }

  /** The middle one; the mean of two in the middle; empty without a round. */
  public OptionalDouble median() {
    if (values.length == 0) {
      return OptionalDouble.empty();
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return OptionalDouble.of(
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2);
  }
}
