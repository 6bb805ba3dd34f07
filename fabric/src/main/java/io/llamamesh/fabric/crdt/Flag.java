package io.llamamesh.fabric.crdt;

import java.util.SortedMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Flag that may be enabled and disabled; enabling wins over a concurrent disabling. */
public final class Flag implements Crdt {

  static final Flag EMPTY = new Flag(Dots.none());

  private final Dots<Boolean> enables;

  private Flag(Dots<Boolean> enables) {
    this.enables = enables;
  }

  static Flag of(SortedMap<Dot, Boolean> enables) {
    return new Flag(new Dots<>(enables, Boolean::compare));
  }

  SortedMap<Dot, Boolean> enables() {
    return enables.values();
  }

  /** True when enabled. */
  public boolean isEnabled() {
    return !enables.isEmpty();
  }

  @Override
  public boolean isEmpty() {
    return enables.isEmpty();
  }

  @Override
  public void forEachDot(Consumer<Dot> action) {
    enables.values().keySet().forEach(action);
  }

  @Override
  public Crdt join(CausalContext seen, Crdt other, CausalContext otherSeen) {
    return new Flag(enables.join(seen, ((Flag) other).enables, otherSeen));
  }

  @Override
  public Crdt retain(Predicate<Dot> chosen) {
    return new Flag(enables.retain(chosen));
  }

  @Override
  public Crdt rename(UnaryOperator<Dot> names) {
    return new Flag(enables.rename(names));
  }

  @Override
  public Crdt mergeLives(String node, long floor) {
    return this;
  }

  @Override
  public Crdt apply(Operation operation, DotWriter writer) throws OperationException {
    return switch (operation) {
      case Operation.Enable() -> new Flag(enables.replaceAll(writer, true));
      case Operation.Disable() -> new Flag(enables.removeAll(writer));
      default ->
          throw new OperationException("a flag has no operation " + Operation.name(operation));
    };
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Flag flag && enables.values().equals(flag.enables.values());
  }

  @Override
  public int hashCode() {
    return enables.values().hashCode();
  }

  @Override
  public String toString() {
    return "Flag" + enables.values().keySet();
  }
}
