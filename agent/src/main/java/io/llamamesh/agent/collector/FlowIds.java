package io.llamamesh.agent.collector;

import io.llamamesh.agent.wire.ProbeFormat;
import java.util.random.RandomGenerator;

/**
 * A permutation of the 24 bits that name a flow on the wire, drawn at random for each process: a
 * target that sees the ids of its own flows cannot guess those of others, though slots of the table
 * are given out in order.
 *
 * <p>It multiplies by odd numbers, which can be undone modulo 2²⁴, and folds the upper half into
 * the lower.
 */
final class FlowIds {

  private static final int HALF = 12;
  private static final int MASK = ProbeFormat.MODULUS - 1;

  private final int offset;
  private final int first;
  private final int second;
  private final int undoFirst;
  private final int undoSecond;

  FlowIds(RandomGenerator random) {
    offset = random.nextInt();
    first = random.nextInt() | 1;
    second = random.nextInt() | 1;
    undoFirst = inverse(first);
    undoSecond = inverse(second);
  }

  /** Newton's iteration: each step doubles the bits that are right, of which three are at first. */
  private static int inverse(int odd) {
    int x = odd;
    for (int bits = 3; bits < 32; bits *= 2) {
      x *= 2 - odd * x;
    }
    return x;
  }

  /** Id on the wire of a number of 24 bits. */
  int onWire(int number) {
    int x = ((number + offset) * first) & MASK;
    x = ((x ^ (x >>> HALF)) * second) & MASK;
    return x ^ (x >>> HALF);
  }

  /** Number of an id on the wire. */
  int number(int onWire) {
    int x = ((onWire ^ (onWire >>> HALF)) * undoSecond) & MASK;
    x = ((x ^ (x >>> HALF)) * undoFirst) & MASK;
    return (x - offset) & MASK;
  }
}
