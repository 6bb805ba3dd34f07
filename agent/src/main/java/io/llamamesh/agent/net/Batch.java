package io.llamamesh.agent.net;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/**
 * Slots that {@link UdpSocket#receive} fills: the bytes of each datagram and the metadata of its
 * arrival. Belongs to one thread; a slot is valid until the next receive.
 */
public abstract class Batch {

  final int slotBytes;
  final int[] length;
  final int[] tos;
  final long[] stamp;
  final boolean[] kernelStamp;
  final boolean[] truncated;
  final long[] sourceHigh;
  final long[] sourceLow;
  final int[] sourcePort;
  final long[] localHigh;
  final long[] localLow;

  /** Room for so many datagrams of at most so many bytes. */
  protected Batch(int slots, int slotBytes) {
    if (slots < 1 || slotBytes < 1) {
      throw new IllegalArgumentException(
          "slots and slotBytes must be positive: " + slots + ", " + slotBytes);
    }
    this.slotBytes = slotBytes;
    length = new int[slots];
    tos = new int[slots];
    stamp = new long[slots];
    kernelStamp = new boolean[slots];
    truncated = new boolean[slots];
    sourceHigh = new long[slots];
    sourceLow = new long[slots];
    sourcePort = new int[slots];
    localHigh = new long[slots];
    localLow = new long[slots];
  }

  /**
   * Sets the metadata of a slot, for fake networks; its bytes are already in {@link #bytes}.
   *
   * @param stampNanos kernel's stamp of its arrival
   */
  protected final void fill(
      int slot, int bytes, int tosByte, long stampNanos, Remote source, Remote local) {
    length[slot] = bytes;
    tos[slot] = tosByte;
    stamp[slot] = stampNanos;
    kernelStamp[slot] = true;
    truncated[slot] = false;
    sourceHigh[slot] = source.high();
    sourceLow[slot] = source.low();
    sourcePort[slot] = source.port();
    localHigh[slot] = local.high();
    localLow[slot] = local.low();
  }

  /** Number of slots. */
  public final int slots() {
    return length.length;
  }

  /** All slots' bytes, big-endian; slot i begins at {@link #offset}. Use absolute access. */
  public abstract ByteBuffer bytes();

  /** Offset of slot i in {@link #bytes}. */
  public final int offset(int slot) {
    return slot * slotBytes;
  }

  /** Bytes of the datagram in this slot. */
  public final int length(int slot) {
    return length[slot];
  }

  /** Returns whether the datagram was longer than the slot, so that its end is gone. */
  public final boolean isTruncated(int slot) {
    return truncated[slot];
  }

  /** ToS or traffic class byte on arrival; −1 where the system does not report it. */
  public final int tos(int slot) {
    return tos[slot];
  }

  /** Time of arrival, in nanoseconds of {@link UdpNetwork#realtimeNanos}. */
  public final long stampNanos(int slot) {
    return stamp[slot];
  }

  /** Returns whether the kernel took the stamp; otherwise it is the time of the read. */
  public final boolean isKernelStamped(int slot) {
    return kernelStamp[slot];
  }

  /** Upper half of the sender's address (see {@link Ip}). */
  public final long sourceHigh(int slot) {
    return sourceHigh[slot];
  }

  /** Lower half of the sender's address. */
  public final long sourceLow(int slot) {
    return sourceLow[slot];
  }

  /** The sender's port. */
  public final int sourcePort(int slot) {
    return sourcePort[slot];
  }

  /**
   * Upper half of the address that it was sent to; the socket's own where the system does not
   * report it.
   */
  public final long localHigh(int slot) {
    return localHigh[slot];
  }

  /** Lower half of the address that it was sent to. */
  public final long localLow(int slot) {
    return localLow[slot];
  }

  /** The sender as an object; allocates. */
  public final InetSocketAddress source(int slot) {
    return new InetSocketAddress(Ip.address(sourceHigh[slot], sourceLow[slot]), sourcePort[slot]);
  }
}
