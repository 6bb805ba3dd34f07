package io.llamamesh.agent.reflector;

/**
 * Signatures of foreign probes seen in the last two seconds, so that two reflectors whose addresses
 * are spoofed to each other do not send one probe to and fro for ever. A table of fixed size: a
 * signature that it forgets early is reflected once more.
 */
final class RecentSignatures {

  static final int SLOTS = 4096;
  static final long MEMORY_NANOS = 2_000_000_000L;

  private final long[] first = new long[SLOTS];
  private final int[] second = new int[SLOTS];
  private final long[] seenAt = new long[SLOTS];
  private final boolean[] used = new boolean[SLOTS];

  /**
   * Adds a signature.
   *
   * @return true when it was added less than two seconds ago
   */
  boolean wasSeenRecently(long nonceAndFlow, int sequence, long nowNanos) {
    int slot = (int) (FlowMemory.mix(nonceAndFlow * 31 + sequence) & (SLOTS - 1));
    boolean again =
        used[slot]
            && first[slot] == nonceAndFlow
            && second[slot] == sequence
            && nowNanos - seenAt[slot] < MEMORY_NANOS;
    used[slot] = true;
    first[slot] = nonceAndFlow;
    second[slot] = sequence;
    seenAt[slot] = nowNanos;
    return again;
  }
}
