package io.llamamesh.fabric.crdt;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Observed-remove set of texts without tombstones; adding wins over a concurrent removal. After
 * Bieniusa et al., "An optimized conflict-free replicated set" (2012).
 */
public final class ElementSet implements Crdt {

  static final ElementSet EMPTY = new ElementSet(new TreeMap<>());

  private final SortedMap<String, Dots<Boolean>> adds;

  private ElementSet(SortedMap<String, Dots<Boolean>> adds) {
    this.adds = Collections.unmodifiableSortedMap(adds);
  }

  static ElementSet of(SortedMap<String, SortedMap<Dot, Boolean>> adds) {
    TreeMap<String, Dots<Boolean>> dots = new TreeMap<>();
    adds.forEach((element, added) -> dots.put(element, new Dots<>(added, Boolean::compare)));
    return new ElementSet(dots);
  }

  SortedMap<String, Dots<Boolean>> adds() {
    return adds;
  }

  /** The elements, in order. */
  public SortedSet<String> elements() {
    return Collections.unmodifiableSortedSet(new TreeSet<>(adds.keySet()));
  }

  @Override
  public boolean isEmpty() {
    return adds.isEmpty();
  }

  @Override
  public void forEachDot(Consumer<Dot> action) {
    adds.values().forEach(added -> added.values().keySet().forEach(action));
  }

  @Override
  public Crdt join(CausalContext seen, Crdt other, CausalContext otherSeen) {
    ElementSet theirs = (ElementSet) other;
    TreeMap<String, Dots<Boolean>> joined = new TreeMap<>();
    TreeSet<String> elements = new TreeSet<>(adds.keySet());
    elements.addAll(theirs.adds.keySet());
    for (String element : elements) {
      Dots<Boolean> dots =
          adds.getOrDefault(element, Dots.none())
              .join(seen, theirs.adds.getOrDefault(element, Dots.none()), otherSeen);
      if (!dots.isEmpty()) {
        joined.put(element, dots);
      }
    }
    return new ElementSet(joined);
  }

  @Override
  public Crdt retain(Predicate<Dot> chosen) {
    return map(dots -> dots.retain(chosen));
  }

  @Override
  public Crdt rename(UnaryOperator<Dot> names) {
    return map(dots -> dots.rename(names));
  }

  private ElementSet map(Function<Dots<Boolean>, Dots<Boolean>> change) {
    TreeMap<String, Dots<Boolean>> mapped = new TreeMap<>();
    for (Map.Entry<String, Dots<Boolean>> element : adds.entrySet()) {
      Dots<Boolean> dots = change.apply(element.getValue());
      if (!dots.isEmpty()) {
        mapped.put(element.getKey(), dots);
      }
    }
    return new ElementSet(mapped);
  }

  @Override
  public Crdt mergeLives(String node, long floor) {
    return this;
  }

  @Override
  public Crdt apply(Operation operation, DotWriter writer) throws OperationException {
    TreeMap<String, Dots<Boolean>> changed = new TreeMap<>(adds);
    switch (operation) {
      case Operation.Add(var elements) -> {
        // In order, so that the same operation has the same dots wherever it is replayed.
        for (String element : new TreeSet<>(elements)) {
          changed.put(element, changed.getOrDefault(element, Dots.none()).replaceAll(writer, true));
        }
      }
      case Operation.Remove(var elements) -> {
        for (String element : elements) {
          Dots<Boolean> dots = changed.remove(element);
          if (dots != null) {
            dots.removeAll(writer);
          }
        }
      }
      default ->
          throw new OperationException("a set has no operation " + Operation.name(operation));
    }
    return new ElementSet(changed);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ElementSet set && keyed(adds).equals(keyed(set.adds));
  }

  @Override
  public int hashCode() {
    return keyed(adds).hashCode();
  }

  private static Map<String, SortedMap<Dot, Boolean>> keyed(SortedMap<String, Dots<Boolean>> adds) {
    TreeMap<String, SortedMap<Dot, Boolean>> keyed = new TreeMap<>();
    adds.forEach((element, dots) -> keyed.put(element, dots.values()));
    return keyed;
  }

  @Override
  public String toString() {
    return "ElementSet" + keyed(adds);
  }
}
