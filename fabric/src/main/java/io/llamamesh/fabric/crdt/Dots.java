package io.llamamesh.fabric.crdt;

import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;

/**
 * Values by dot, the one store under every type, and its join.
 *
 * @param <V> what a dot stands for; where two replicas disagree on that, which honest ones never
 *     do, the greater wins on both
 */
record Dots<V>(SortedMap<Dot, V> values, Comparator<? super V> order) {

  Dots {
    values = Collections.unmodifiableSortedMap(values);
  }

  static <V extends Comparable<V>> Dots<V> none() {
    return new Dots<V>(new TreeMap<>(), Comparator.<V>naturalOrder());
  }

  boolean isEmpty() {
    return values.isEmpty();
  }

  Dots<V> join(CausalContext seen, Dots<V> other, CausalContext otherSeen) {
    return join(seen, other, otherSeen, dot -> 0);
  }

  /**
   * The join of values that change under their dots.
   *
   * @param newer more than 0 where this side's value of a dot is the newer one, less where the
   *     other's is, 0 where they must be the same
   */
  Dots<V> join(
      CausalContext seen, Dots<V> other, CausalContext otherSeen, ToIntFunction<Dot> newer) {
    if (values.equals(other.values)) {
      return this;
    }
    TreeMap<Dot, V> joined = new TreeMap<>();
    for (Map.Entry<Dot, V> entry : values.entrySet()) {
      V theirs = other.values.get(entry.getKey());
      if (theirs != null) {
        int chosen = newer.applyAsInt(entry.getKey());
        boolean ours = chosen != 0 ? chosen > 0 : order.compare(entry.getValue(), theirs) >= 0;
        joined.put(entry.getKey(), ours ? entry.getValue() : theirs);
      } else if (!otherSeen.contains(entry.getKey())) {
        joined.put(entry.getKey(), entry.getValue());
      }
    }
    for (Map.Entry<Dot, V> entry : other.values.entrySet()) {
      if (!values.containsKey(entry.getKey()) && !seen.contains(entry.getKey())) {
        joined.put(entry.getKey(), entry.getValue());
      }
    }
    return new Dots<>(joined, order);
  }

  Dots<V> retain(Predicate<Dot> chosen) {
    TreeMap<Dot, V> retained = new TreeMap<>(values);
    retained.keySet().removeIf(chosen.negate());
    return new Dots<>(retained, order);
  }

  Dots<V> rename(UnaryOperator<Dot> names) {
    TreeMap<Dot, V> renamed = new TreeMap<>();
    values.forEach((dot, value) -> renamed.put(names.apply(dot), value));
    return new Dots<>(renamed, order);
  }

  /** One value instead of all that were observed. */
  Dots<V> replaceAll(DotWriter writer, V value) {
    values.keySet().forEach(writer::remove);
    return single(writer.next(), value);
  }

  Dots<V> removeAll(DotWriter writer) {
    values.keySet().forEach(writer::remove);
    return new Dots<>(new TreeMap<>(), order);
  }

  Dots<V> single(Dot dot, V value) {
    TreeMap<Dot, V> one = new TreeMap<>();
    one.put(dot, value);
    return new Dots<>(one, order);
  }
}
