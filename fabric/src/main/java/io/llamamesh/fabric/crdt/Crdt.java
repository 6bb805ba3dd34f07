package io.llamamesh.fabric.crdt;

import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * State of one data type, without the context that its {@link Document} keeps for all of them. What
 * has no dots is as if it had never been written: a counter at rest is 0, a flag off, a register
 * and a set empty.
 */
public sealed interface Crdt permits Counter, Flag, Register, ElementSet, FieldMap {

  /** True when nothing is left of what was written. */
  boolean isEmpty();

  /** Passes every dot, in no order. */
  void forEachDot(Consumer<Dot> action);

  /** Number of dots. */
  default int countDots() {
    int[] count = new int[1];
    forEachDot(dot -> count[0]++);
    return count[0];
  }

  /**
   * Join with another replica's state of the same type: a dot stays when both have it, or when one
   * has it and the other has not seen it.
   */
  Crdt join(CausalContext seen, Crdt other, CausalContext otherSeen);

  /** The part with the dots that are chosen. */
  Crdt retain(Predicate<Dot> chosen);

  /** The same state under other dots. */
  Crdt rename(UnaryOperator<Dot> names);

  /**
   * The same state with counters' shares of a node's lives below the floor merged into one of them.
   * That makes no dot: who merges does not write.
   */
  Crdt mergeLives(String node, long floor);

  /**
   * The state after an operation.
   *
   * @throws OperationException when the operation is of another type, or its result out of bounds
   */
  Crdt apply(Operation operation, DotWriter writer) throws OperationException;
}
