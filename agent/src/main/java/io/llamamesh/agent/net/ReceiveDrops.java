package io.llamamesh.agent.net;

import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;
import java.util.function.LongSupplier;

/**
 * Attributes the datagrams that the kernel dropped at a socket to a full buffer or to other
 * reasons. The kernel's count per socket ({@code SO_RXQ_OVFL}, {@code SK_MEMINFO_DROPS}) includes
 * those with a wrong checksum, which are the network's doing. So it is believed only as far as the
 * {@linkplain UdpErrors count of full buffers} of the whole network namespace grew meanwhile.
 *
 * <p>Both counts are read together, and only when a datagram carried a new socket count, or once a
 * minute: what other programs' sockets dropped before must not excuse anything.
 */
final class ReceiveDrops {

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long FRESH_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final IntUnaryOperator socketDrops;
  private final LongSupplier bufferErrors;

  private boolean refreshDue;
  private int reportedDrops;
  private long refreshStamp;
  private long refreshedAt;
  private int drops;
  private long full;
  private long carried;
  private long overflows;
  private long others;

  /**
   * Counts from now on.
   *
   * @param socketDrops the kernel's count of the socket, modulo 2³²; its argument is the count that
   *     datagrams carried, for systems without one
   * @param bufferErrors the namespace's count; where it is {@link UdpErrors#UNKNOWN}, all drops
   *     count as full buffers
   */
  ReceiveDrops(IntUnaryOperator socketDrops, LongSupplier bufferErrors) {
    this.socketDrops = socketDrops;
    this.bufferErrors = bufferErrors;
    this.drops = socketDrops.applyAsInt(0);
    this.reportedDrops = drops;
    this.full = bufferErrors.getAsLong();
    this.refreshedAt = System.nanoTime() - PAUSE_NANOS;
  }

  /** Records the drop count that a datagram carried, modulo 2³². */
  void recordSocketDrops(int total) {
    if (total != reportedDrops) {
      reportedDrops = total;
      refreshDue = true;
    }
  }

  /** Records an arrival at this time of the wall clock. */
  void recordArrival(long nanos) {
    long since = nanos - refreshStamp;
    if (since > FRESH_NANOS || since < 0) {
      refreshStamp = nanos;
      refreshDue = true;
    }
  }

  /**
   * Reads both counts where that is due. Called after each read; nearly free unless a count moved.
   */
  void refresh() {
    if (!refreshDue) {
      return;
    }
    long now = System.nanoTime();
    if (now - refreshedAt < PAUSE_NANOS) {
      return; // under a flood the count moves with each read
    }
    refreshedAt = now;
    refreshDue = false;
    // In this order: what is in the first is in the second.
    int nowDrops = socketDrops.applyAsInt(reportedDrops);
    attribute(nowDrops, bufferErrors.getAsLong());
  }

  /** Attributes what both counts grew by since the last call. */
  void attribute(int nowDrops, long nowFull) {
    // A step back would be 2³² drops if it were not signed.
    long more = Math.max(0, nowDrops - drops);
    boolean known = nowFull != UdpErrors.UNKNOWN && full != UdpErrors.UNKNOWN;
    long grown = known ? Math.max(0, nowFull - full) : 0;
    long believed = known ? Math.min(more, grown + carried) : more;
    // What was dropped between the two reads enters the first count only next time.
    carried = Math.clamp(grown + carried - believed, 0, grown);
    overflows += believed;
    others += more - believed;
    drops = nowDrops;
    full = nowFull;
  }

  /** Datagrams dropped because the buffer was full. */
  long overflows() {
    return overflows;
  }

  /** Datagrams dropped for another reason. */
  long others() {
    return others;
  }
}
