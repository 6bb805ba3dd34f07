package io.llamamesh.agent.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Bytes outside the heap that a socket can send from, used again for every datagram. */
public final class Payload {

  private final MemorySegment segment;
  private final ByteBuffer bytes;

  private Payload(MemorySegment segment) {
    this.segment = segment;
    this.bytes = segment.asByteBuffer();
  }

  /** Zeroed room for {@code capacity} bytes, freed when it is no longer reachable. */
  public static Payload allocate(int capacity) {
    return new Payload(Arena.ofAuto().allocate(capacity, 64));
  }

  /** The bytes, big-endian; use absolute access. */
  public ByteBuffer bytes() {
    return bytes;
  }

  MemorySegment segment() {
    return segment;
  }
}
