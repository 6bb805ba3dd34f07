package io.llamamesh.agent.window;

import java.util.List;

/**
 * A closed window: immutable results of all pairs.
 *
 * @param sequence 1, 2, 3, … in the order of publication
 * @param endNanos its end, nanoseconds since 1970
 * @param pairs results of the pairs that probed
 * @param reflected probes that our reflector sent back meanwhile, per sender
 */
public record ClosedWindow(
    long sequence, long endNanos, List<PairResult> pairs, List<Reflected> reflected) {

  /** Probes of one sender that arrived in the window and were sent back. */
  public record Reflected(String source, long probes) {}

  /** A sender, its name and its place in the list. */
  private static final int REFLECTED_BYTES = 112;

  private static final int HEAD_BYTES = 128;

  /** Memory of it in bytes, estimated. */
  int bytes() {
    return HEAD_BYTES
        + pairs.stream().mapToInt(PairResult::bytes).sum()
        + reflected.size() * REFLECTED_BYTES;
  }

  public ClosedWindow {
    pairs = List.copyOf(pairs);
    reflected = List.copyOf(reflected);
  }
}
