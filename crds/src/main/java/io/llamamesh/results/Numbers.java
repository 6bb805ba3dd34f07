package io.llamamesh.results;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a point in the order in which they were put, in two arrays, for the same reason as
 * {@link Labels}. Unmodifiable; every number is finite.
 */
final class Numbers extends AbstractMap<String, Double> {
  private final String[] names;
  private final double[] values;

  private Numbers(String[] names, double[] values) {
    this.names = names;
    this.values = values;
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        throw new IllegalArgumentException(
            "field " + names[i] + " must be finite, was " + values[i]);
      }
    }
  }

  /** A copy of a map; of one that is such a copy the same. */
  static Numbers of(Map<String, Double> map) {
    if (map instanceof Numbers numbers) {
      return numbers;
    }
    String[] names = new String[map.size()];
    double[] values = new double[map.size()];
    int i = 0;
    for (Map.Entry<String, Double> entry : map.entrySet()) {
      names[i] = entry.getKey();
      values[i++] = entry.getValue();
    }
    return new Numbers(names, values);
  }

  /**
   * Takes the arrays as they are.
   *
   * @param names each once; may be shared
   * @throws IllegalArgumentException where a number is not finite
   */
  static Numbers of(String[] names, double[] values) {
    return new Numbers(names, values);
  }

  double number(String name, double absent) {
    for (int i = 0; i < names.length; i++) {
      if (names[i].equals(name)) {
        return values[i];
      }
    }
    return absent;
  }

  void forEachNumber(Point.FieldSink sink) {
    for (int i = 0; i < names.length; i++) {
      sink.take(names[i], values[i]);
    }
  }

  @Override
  public @Nullable Double get(@Nullable Object name) {
    for (int i = 0; i < names.length; i++) {
      if (names[i].equals(name)) {
        return values[i];
      }
    }
    return null;
  }

  @Override
  public boolean containsKey(@Nullable Object name) {
    return get(name) != null;
  }

  @Override
  public int size() {
    return names.length;
  }

  @Override
  public Set<Map.Entry<String, Double>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public Iterator<Map.Entry<String, Double>> iterator() {
        return IntStream.range(0, names.length)
            .mapToObj(i -> Map.entry(names[i], values[i]))
            .iterator();
      }

      @Override
      public int size() {
        return names.length;
      }
    };
  }
}
