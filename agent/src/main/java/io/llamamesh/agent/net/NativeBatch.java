package io.llamamesh.agent.net;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * Buffers of {@code recvmmsg}: {@code struct mmsghdr} of 64 bytes (name 8, its length 4 + 4, vector
 * 8, its length 8, control 8, its length 8, flags 4 + 4, received length 4 + 4), one vector of 16
 * each, addresses, control messages and the datagrams themselves.
 */
final class NativeBatch extends Batch {

  static final int HEADER = 64;
  static final int AT_NAME_LENGTH = 8;
  static final int AT_VECTOR = 16;
  static final int AT_VECTOR_COUNT = 24;
  static final int AT_CONTROL = 32;
  static final int AT_CONTROL_LENGTH = 40;
  static final int AT_FLAGS = 48;
  static final int AT_RECEIVED = 56;

  static final int NAME = 32;
  static final int VECTOR = 16;
  static final int CONTROL = 192;

  final MemorySegment headers;
  final MemorySegment names;
  final MemorySegment control;
  final MemorySegment data;
  private final MemorySegment vectors;
  private final ByteBuffer bytes;
  private final int[] receivedInterface;
  private int used;

  NativeBatch(int slots, int slotBytes) {
    super(slots, slotBytes);
    Arena arena = Arena.ofAuto();
    headers = arena.allocate((long) HEADER * slots, 64);
    names = arena.allocate((long) NAME * slots, 8);
    control = arena.allocate((long) CONTROL * slots, 8);
    vectors = arena.allocate((long) VECTOR * slots, 8);
    data = arena.allocate((long) slotBytes * slots, 64);
    bytes = data.asByteBuffer();
    receivedInterface = new int[slots];
    for (int i = 0; i < slots; i++) {
      headers.set(JAVA_LONG, header(i), names.address() + (long) NAME * i);
      headers.set(JAVA_LONG, header(i) + AT_VECTOR, vectors.address() + (long) VECTOR * i);
      headers.set(JAVA_LONG, header(i) + AT_VECTOR_COUNT, 1);
      headers.set(JAVA_LONG, header(i) + AT_CONTROL, control.address() + (long) CONTROL * i);
      vectors.set(JAVA_LONG, (long) VECTOR * i, data.address() + (long) slotBytes * i);
      vectors.set(JAVA_LONG, (long) VECTOR * i + 8, slotBytes);
    }
    used = slots;
    reset();
  }

  @Override
  public ByteBuffer bytes() {
    return bytes;
  }

  static long header(int slot) {
    return (long) HEADER * slot;
  }

  static long name(int slot) {
    return (long) NAME * slot;
  }

  /** Makes the slots that the last call used ready for the next. */
  void reset() {
    for (int i = 0; i < used; i++) {
      long at = header(i);
      headers.set(JAVA_INT, at + AT_NAME_LENGTH, SocketAddress.BYTES);
      headers.set(JAVA_LONG, at + AT_CONTROL_LENGTH, CONTROL);
    }
    used = 0;
  }

  /** Notes how many slots the system filled. */
  void markFilled(int count) {
    used = count;
  }

  int nameLength(int slot) {
    return headers.get(JAVA_INT, header(slot) + AT_NAME_LENGTH);
  }

  /** Index of the interface on which the datagram came; 0 where it is unknown. */
  int receivedInterface(int slot) {
    return receivedInterface[slot];
  }

  void receivedInterface(int slot, int index) {
    receivedInterface[slot] = index;
  }
}
