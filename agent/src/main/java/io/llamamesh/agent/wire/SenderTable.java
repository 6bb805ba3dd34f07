package io.llamamesh.agent.wire;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * The nodes that probe a reflector by keys of the pair, by the numbers of these. Never changes.
 *
 * <p>Guarantee: a request is found only under the key of a node at one of whose addresses it comes
 * from. So who has the keys of one node cannot pass for another.
 */
public final class SenderTable {

  /** No senders. */
  public static final SenderTable NONE = new SenderTable(List.of(), false);

  private static final int ABSENT = -1;

  private final boolean exclusive;
  private final int size;
  private final int mask;
  private final PairKey[] keys;

  /** Halves of addresses, one address after the other, by the index of the key. */
  private final long[][] addresses;

  /**
   * One sender under one key.
   *
   * @param addresses halves of its addresses as in {@link io.llamamesh.agent.net.Ip}, one address
   *     after the other
   */
  @SuppressWarnings("ArrayRecordComponent") // read once, never compared
  public record Sender(PairKey key, long[] addresses) {}

  /**
   * A table.
   *
   * @param exclusive what a sender signs otherwise, once it has signed by pair, counts for nobody
   */
  public SenderTable(List<Sender> senders, boolean exclusive) {
    this.exclusive = exclusive;
    this.size = senders.size();
    int slots = Integer.highestOneBit(Math.max(1, size) * 4 - 1);
    this.mask = slots - 1;
    this.keys = new PairKey[slots];
    this.addresses = new long[slots][];
    for (Sender sender : senders) {
      int slot = sender.key().number() & mask;
      while (addresses[slot] != null) {
        slot = (slot + 1) & mask;
      }
      keys[slot] = sender.key();
      addresses[slot] = sender.addresses().clone();
    }
  }

  /** Number of keys. */
  public int size() {
    return size;
  }

  /**
   * Returns whether what a sender signs otherwise, once it has signed by pair, counts for nobody.
   */
  public boolean isExclusive() {
    return exclusive;
  }

  /**
   * Finds the key of a request by the number in it, its MAC and where it comes from.
   *
   * @param number of the request, not 0
   * @return its index, −1 for none
   */
  int find(int number, ByteBuffer bytes, int offset, long high, long low) {
    for (int slot = number & mask; addresses[slot] != null; slot = (slot + 1) & mask) {
      PairKey key = keys[slot];
      if (key.number() == number
          && isFrom(addresses[slot], high, low)
          && key.isSignerOf(bytes, offset)) {
        return slot;
      }
    }
    return ABSENT;
  }

  private static boolean isFrom(long[] addresses, long high, long low) {
    for (int i = 0; i < addresses.length; i += 2) {
      if (addresses[i] == high && addresses[i + 1] == low) {
        return true;
      }
    }
    return false;
  }

  PairKey key(int index) {
    return keys[index];
  }
}
