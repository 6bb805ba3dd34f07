package io.llamamesh.fabric.crdt;

import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Register that holds a text. A later assignment replaces those it has seen, whatever the clocks
 * say; among concurrent ones the greatest time is read, then the greatest dot. So a clock that runs
 * ahead wins a race, but never beats what is written afterwards.
 */
public final class Register implements Crdt {

  /**
   * An assignment.
   *
   * @param timestampMillis the writer's clock, ms since 1970
   * @param value what was assigned
   */
  record Assignment(long timestampMillis, String value) {}

  private static final Comparator<Assignment> ORDER =
      Comparator.comparingLong(Assignment::timestampMillis).thenComparing(Assignment::value);

  private static final Comparator<Map.Entry<Dot, Assignment>> LATEST =
      Comparator.comparingLong(
              (Map.Entry<Dot, Assignment> entry) -> entry.getValue().timestampMillis())
          .thenComparing(Map.Entry::getKey);

  static final Register EMPTY = of(new TreeMap<>());

  private final Dots<Assignment> assignments;

  private Register(Dots<Assignment> assignments) {
    this.assignments = assignments;
  }

  static Register of(SortedMap<Dot, Assignment> assignments) {
    return new Register(new Dots<>(assignments, ORDER));
  }

  SortedMap<Dot, Assignment> assignments() {
    return assignments.values();
  }

  /** The value, empty when none was assigned. */
  public Optional<String> value() {
    return latest().map(entry -> entry.getValue().value());
  }

  /** Time of the value by its writer's clock, ms since 1970. */
  public Optional<Long> timestampMillis() {
    return latest().map(entry -> entry.getValue().timestampMillis());
  }

  /** Writer of the value. */
  public Optional<Actor> writer() {
    return latest().map(entry -> entry.getKey().actor());
  }

  private Optional<Map.Entry<Dot, Assignment>> latest() {
    return assignments.values().entrySet().stream().max(LATEST);
  }

  @Override
  public boolean isEmpty() {
    return assignments.isEmpty();
  }

  @Override
  public void forEachDot(Consumer<Dot> action) {
    assignments.values().keySet().forEach(action);
  }

  @Override
  public Crdt join(CausalContext seen, Crdt other, CausalContext otherSeen) {
    return new Register(assignments.join(seen, ((Register) other).assignments, otherSeen));
  }

  @Override
  public Crdt retain(Predicate<Dot> chosen) {
    return new Register(assignments.retain(chosen));
  }

  @Override
  public Crdt rename(UnaryOperator<Dot> names) {
    return new Register(assignments.rename(names));
  }

  @Override
  public Crdt mergeLives(String node, long floor) {
    return this;
  }

  @Override
  public Crdt apply(Operation operation, DotWriter writer) throws OperationException {
    if (operation instanceof Operation.Assign(String value)) {
      return new Register(
          assignments.replaceAll(writer, new Assignment(writer.timestampMillis(), value)));
    }
    throw new OperationException("a register has no operation " + Operation.name(operation));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Register register
        && assignments.values().equals(register.assignments.values());
  }

  @Override
  public int hashCode() {
    return assignments.values().hashCode();
  }

  @Override
  public String toString() {
    return "Register" + assignments.values();
  }
}
