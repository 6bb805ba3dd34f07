package io.llamamesh.fabric.crdt;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Counter that goes up and down. Each life of a node has one dot with its share, the sum of what it
 * added; adding replaces it. Shares of lives that are over are added to the last of them, one life
 * behind ({@link Document#apply}), under the dot that it has. So whoever merges the same lives has
 * the same, an older disk too, and what was merged counts once: of two shares under one dot the one
 * below the higher floor has more lives in it, and wins.
 */
public final class Counter implements Crdt {

  static final Counter EMPTY = new Counter(Dots.none());

  private final Dots<Long> shares;

  private Counter(Dots<Long> shares) {
    this.shares = shares;
  }

  static Counter of(SortedMap<Dot, Long> shares) {
    return new Counter(new Dots<>(shares, Long::compare));
  }

  SortedMap<Dot, Long> shares() {
    return shares.values();
  }

  /** Sum of all shares, held at the ends of {@code long}. */
  public long value() {
    long positive = 0;
    long negative = 0;
    for (long share : shares.values().values()) {
      if (share > 0) {
        positive = saturatedSum(positive, share);
      } else {
        negative = saturatedSum(negative, share);
      }
    }
    return positive + negative;
  }

  /** Sum of two of one sign. */
  private static long saturatedSum(long a, long b) {
    long sum = a + b;
    if (((a ^ sum) & (b ^ sum)) < 0) {
      return a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
    return sum;
  }

  @Override
  public boolean isEmpty() {
    return shares.isEmpty();
  }

  @Override
  public void forEachDot(Consumer<Dot> action) {
    shares.values().keySet().forEach(action);
  }

  @Override
  public Crdt join(CausalContext seen, Crdt other, CausalContext otherSeen) {
    return new Counter(
        shares.join(
            seen,
            ((Counter) other).shares,
            otherSeen,
            dot -> Long.compare(mergedTo(seen, dot), mergedTo(otherSeen, dot))));
  }

  /** Floor up to which lives may have been merged into a dot's share, 0 for none. */
  private static long mergedTo(CausalContext seen, Dot dot) {
    long floor = seen.floor(dot.actor().node());
    return dot.actor().life() < floor ? floor : 0;
  }

  @Override
  public Crdt retain(Predicate<Dot> chosen) {
    return new Counter(shares.retain(chosen));
  }

  @Override
  public Crdt rename(UnaryOperator<Dot> names) {
    return new Counter(shares.rename(names));
  }

  @Override
  public Crdt mergeLives(String node, long floor) {
    TreeMap<Dot, Long> merged = new TreeMap<>(shares.values());
    merged.keySet().removeIf(dot -> dot.actor().node().equals(node) && dot.actor().life() < floor);
    TreeMap<Dot, Long> earlier = new TreeMap<>(shares.values());
    earlier.keySet().removeAll(merged.keySet());
    if (earlier.size() < 2) {
      return this;
    }
    merged.put(earlier.lastKey(), earlier.values().stream().reduce(0L, Counter::saturatedSum));
    return new Counter(new Dots<>(merged, Long::compare));
  }

  @Override
  public Crdt apply(Operation operation, DotWriter writer) throws OperationException {
    if (!(operation instanceof Operation.Increment increment)) {
      throw new OperationException("a counter has no operation " + Operation.name(operation));
    }
    try {
      Math.addExact(value(), increment.by());
      for (Map.Entry<Dot, Long> share : shares.values().entrySet()) {
        if (share.getKey().actor().equals(writer.actor())) {
          Math.addExact(share.getValue(), increment.by());
        }
      }
    } catch (ArithmeticException e) {
      throw new OperationException("counter beyond 64 bits");
    }
    return new Counter(
        new Dots<>(
            addToOwn(new TreeMap<>(shares.values()), increment.by(), writer), Long::compare));
  }

  private static SortedMap<Dot, Long> addToOwn(
      SortedMap<Dot, Long> shares, long by, DotWriter writer) {
    long own = 0;
    for (Map.Entry<Dot, Long> share : shares.entrySet()) {
      if (share.getKey().actor().equals(writer.actor())) {
        writer.remove(share.getKey());
        own = saturatedSum(own, share.getValue());
      }
    }
    shares.keySet().removeIf(dot -> dot.actor().equals(writer.actor()));
    shares.put(writer.next(), saturatedSum(own, by));
    return shares;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Counter counter && shares.values().equals(counter.shares.values());
  }

  @Override
  public int hashCode() {
    return shares.values().hashCode();
  }

  @Override
  public String toString() {
    return "Counter" + shares.values();
  }
}
