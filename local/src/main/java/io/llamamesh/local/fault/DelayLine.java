package io.llamamesh.local.fault;

import io.llamamesh.agent.net.Remote;
import io.llamamesh.agent.net.UdpSocket;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.function.Consumer;

/** Datagrams on a slow path, until they are due; bounded, belongs to one thread. */
final class DelayLine {
  private final int capacity;
  private final PriorityQueue<Held> queue =
      new PriorityQueue<>(Comparator.comparingLong(Held::due));

  DelayLine(int capacity) {
    this.capacity = capacity;
  }

  /**
   * A held datagram.
   *
   * @param due when it goes on, on {@link System#nanoTime}'s clock
   */
  record Held(long due, ByteBuffer datagram, int tos, UdpSocket out, Remote to) {}

  /** False when no more can be held. */
  boolean offer(Held held) {
    return queue.size() < capacity && queue.add(held);
  }

  /** Nanoseconds until the next is due; a long time when none is held. */
  long nanosToNext(long now) {
    Held next = queue.peek();
    return next == null ? Long.MAX_VALUE : Math.max(0, next.due() - now);
  }

  /** Hands out all that are due. */
  void release(long now, Consumer<Held> out) {
    for (Held next = queue.peek(); next != null && next.due() - now <= 0; next = queue.peek()) {
      out.accept(queue.remove());
    }
  }
}
