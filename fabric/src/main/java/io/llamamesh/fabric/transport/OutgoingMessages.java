package io.llamamesh.fabric.transport;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The store's messages on their way to the node's thread; bounded in bytes. Any thread may call.
 */
final class OutgoingMessages {

  /** More than the largest value, which is sent in one go. */
  private static final long MAX_BYTES = 6L << 20;

  /** What a message takes beside its bytes. */
  private static final int OVERHEAD_BYTES = 64;

  private final ArrayDeque<Outgoing> messages = new ArrayDeque<>();
  private long bytes;

  /**
   * A message.
   *
   * @param neighbour whom it is for, null for all
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared, never changed.
  record Outgoing(@Nullable String neighbour, byte[] bytes) {}

  /** True when there was room for it. */
  synchronized boolean tryAdd(@Nullable String neighbour, byte[] message) {
    long more = (long) message.length + OVERHEAD_BYTES;
    if (bytes + more > MAX_BYTES) {
      return false;
    }
    messages.add(new Outgoing(neighbour, message));
    bytes += more;
    return true;
  }

  /** The next one; null for none. */
  synchronized @Nullable Outgoing poll() {
    Outgoing next = messages.poll();
    if (next != null) {
      bytes -= (long) next.bytes().length + OVERHEAD_BYTES;
    }
    return next;
  }

  synchronized boolean isEmpty() {
    return messages.isEmpty();
  }

  synchronized void clear() {
    messages.clear();
    bytes = 0;
  }
}
