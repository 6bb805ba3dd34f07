package io.llamamesh.agent.reflector;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/** Counters of all reflectors of this process; their threads add, any thread may read. */
@SuppressWarnings("EnumOrdinal") // an index into counters of this process, never stored
public final class ReflectorCounters {

  private final AtomicLongArray dispositions = new AtomicLongArray(Disposition.values().length);
  private final AtomicLong overflows = new AtomicLong();
  private final AtomicLong checksums = new AtomicLong();
  private final AtomicLong stalled = new AtomicLong();
  private final AtomicLong pauses = new AtomicLong();
  private final AtomicLong replayed = new AtomicLong();
  private final AtomicLong bursts = new AtomicLong();
  private final AtomicLong notByPair = new AtomicLong();
  private final SourceTable sources = new SourceTable();

  /** Datagrams with this disposition. */
  public long count(Disposition disposition) {
    return dispositions.get(disposition.ordinal());
  }

  /** Counts per sender. */
  public SourceTable sources() {
    return sources;
  }

  /** Datagrams that the kernel dropped because the receive buffer was full. */
  public long overflows() {
    return overflows.get();
  }

  /** Datagrams that the kernel dropped for a wrong checksum: the network changed them. */
  public long checksums() {
    return checksums.get();
  }

  /** Replies whose send took long after their stamp; reported to their senders. */
  public long stalled() {
    return stalled.get();
  }

  /** Keyed probes reflected that had been here before; counted for no sender. */
  public long replayed() {
    return replayed.get();
  }

  /** Probes of bursts that were reflected; counted for no sender. */
  public long bursts() {
    return bursts.get();
  }

  /** Stalls of a reflector of more than half a second; reported to senders. */
  public long pauses() {
    return pauses.get();
  }

  void addPause() {
    pauses.getAndIncrement();
  }

  void addBurst() {
    bursts.getAndIncrement();
  }

  /**
   * Probes reflected that came from the address of a node that signs by keys of pairs, and were not
   * signed by one; counted for no sender.
   */
  public long notByPair() {
    return notByPair.get();
  }

  void addNotByPair() {
    notByPair.getAndIncrement();
  }

  void addReplayed() {
    replayed.getAndIncrement();
  }

  void addStalled() {
    stalled.getAndIncrement();
  }

  void addChecksums(long more) {
    checksums.getAndAdd(more);
  }

  void add(Disposition disposition) {
    dispositions.getAndIncrement(disposition.ordinal());
  }

  void addOverflows(long more) {
    overflows.getAndAdd(more);
  }
}
