package io.llamamesh.results;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A map over an array of names and values that a subclass keeps beside it, each name once. For few
 * names, which are looked through one by one. Unmodifiable.
 */
abstract class NamedValues<V> extends AbstractMap<String, V> {

  final String[] names;

  NamedValues(String[] names) {
    this.names = names;
  }

  /** The value of the name at this place. */
  abstract V value(int place);

  /** The index of a name, or −1. */
  final int indexOf(@Nullable Object name) {
    for (int i = 0; i < names.length; i++) {
      if (names[i].equals(name)) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public final @Nullable V get(@Nullable Object name) {
    int place = indexOf(name);
    return place < 0 ? null : value(place);
  }

  @Override
  public final boolean containsKey(@Nullable Object name) {
    return indexOf(name) >= 0;
  }

  @Override
  public final int size() {
    return names.length;
  }

  @Override
  public final Set<Map.Entry<String, V>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public Iterator<Map.Entry<String, V>> iterator() {
        return IntStream.range(0, names.length)
            .mapToObj(i -> Map.entry(names[i], value(i)))
            .iterator();
      }

      @Override
      public int size() {
        return names.length;
      }
    };
  }
}
