package io.llamamesh.results;

import java.util.Map;

/**
 * The fields of a point in the order in which they were put, in two arrays, for the same reason as
 * {@link PointTags}. Unmodifiable; every number is finite.
 */
final class PointFields extends NamedValues<Double> {
  private final double[] values;

  private PointFields(String[] names, double[] values) {
    super(names);
    this.values = values;
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        throw new IllegalArgumentException(
            "field " + names[i] + " must be finite, was " + values[i]);
      }
    }
  }

  /** A copy of a map; of one that is such a copy the same. */
  static PointFields of(Map<String, Double> map) {
    if (map instanceof PointFields numbers) {
      return numbers;
    }
    String[] names = new String[map.size()];
    double[] values = new double[map.size()];
    int i = 0;
    for (Map.Entry<String, Double> entry : map.entrySet()) {
      names[i] = entry.getKey();
      values[i++] = entry.getValue();
    }
    return new PointFields(names, values);
  }

  /**
   * Takes the arrays as they are.
   *
   * @param names each once; may be shared
   * @throws IllegalArgumentException where a number is not finite
   */
  static PointFields of(String[] names, double[] values) {
    return new PointFields(names, values);
  }

  @Override
  Double value(int place) {
    return values[place];
  }

  double number(String name, double absent) {
    int place = indexOf(name);
    return place < 0 ? absent : values[place];
  }

  void forEachNumber(Point.FieldSink sink) {
    for (int i = 0; i < names.length; i++) {
      sink.take(names[i], values[i]);
    }
  }
}
