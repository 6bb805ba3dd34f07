package io.llamamesh.bench.fabric;

import io.llamamesh.bench.figures.Figure;
import io.llamamesh.bench.figures.FigureGoal;
import java.io.IOException;
import java.util.function.Consumer;

/** One promise of the fabric, measured. */
@FunctionalInterface
interface FabricRow {

  /** Hands on each figure as soon as it is known. */
  void measure(FabricSizes sizes, Consumer<Figure> figures)
      throws IOException, InterruptedException;

  /** A figure that must not be more than so much. */
  static Figure atMost(String name, double value, String unit, double most) {
    return Figure.of("fabric_" + name, value, unit, FigureGoal.atMost(most));
  }

  /** The same of a count. */
  static Figure atMost(String name, long value, String unit, double most) {
    return atMost(name, (double) value, unit, most);
  }

  /** A figure beside those with a goal. */
  static Figure plain(String name, double value, String unit) {
    return Figure.of("fabric_" + name, value, unit, FigureGoal.none());
  }

  /** The same of a count. */
  static Figure plain(String name, long value, String unit) {
    return plain(name, (double) value, unit);
  }
}
