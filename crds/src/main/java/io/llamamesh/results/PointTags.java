package io.llamamesh.results;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The tags of a point, sorted by name, in two arrays: of a large mesh's points there are a hundred
 * thousand at a time, and a tree each is what they would cost most. Unmodifiable.
 */
final class PointTags extends NamedValues<String> {
  private final String[] values;

  private PointTags(String[] names, String[] values) {
    super(names);
    this.values = values;
  }

  /** A copy of a map; of one that is such a copy the same. */
  static PointTags of(Map<String, String> map) {
    if (map instanceof PointTags labels) {
      return labels;
    }
    TreeMap<String, String> sorted = new TreeMap<>(map);
    sorted.values().forEach(Objects::requireNonNull);
    return new PointTags(
        sorted.keySet().toArray(new String[0]), sorted.values().toArray(new String[0]));
  }

  /**
   * Takes the arrays as they are.
   *
   * @param names sorted, each once; may be shared
   */
  static PointTags sorted(String[] names, String[] values) {
    return new PointTags(names, values);
  }

  /** True when names are sorted and each is there once. */
  static boolean areSorted(String[] names) {
    return IntStream.range(1, names.length).allMatch(i -> names[i - 1].compareTo(names[i]) < 0);
  }

  @Override
  String value(int place) {
    return values[place];
  }

  void forEachPair(Point.TagSink sink) {
    for (int i = 0; i < names.length; i++) {
      sink.take(names[i], values[i]);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PointTags labels
        ? Arrays.equals(names, labels.names) && Arrays.equals(values, labels.values)
        : super.equals(other);
  }

  @Override
  public int hashCode() {
    return super.hashCode();
  }
}
