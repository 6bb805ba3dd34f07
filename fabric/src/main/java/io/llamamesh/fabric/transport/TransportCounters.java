package io.llamamesh.fabric.transport;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** Counters of a transport since its start; written by its thread, read by any. */
public final class TransportCounters {

  private final Map<TransportEvent, LongAdder> events = new EnumMap<>(TransportEvent.class);
  private final LongAdder framesSent = new LongAdder();
  private final LongAdder framesReceived = new LongAdder();
  private final LongAdder bytesSent = new LongAdder();
  private final LongAdder bytesReceived = new LongAdder();
  private final LongAdder datagramsSent = new LongAdder();
  private final LongAdder datagramsReceived = new LongAdder();

  TransportCounters() {
    for (TransportEvent event : TransportEvent.values()) {
      events.put(event, new LongAdder());
    }
  }

  private LongAdder of(TransportEvent event) {
    return Objects.requireNonNull(events.get(event));
  }

  /** Number of times that something happened. */
  public long count(TransportEvent event) {
    return of(event).sum();
  }

  /** Frames sent over links. */
  public long framesSent() {
    return framesSent.sum();
  }

  /** Authentic frames received over links. */
  public long framesReceived() {
    return framesReceived.sum();
  }

  /** Bytes handed to the kernel, over links and in datagrams. */
  public long bytesSent() {
    return bytesSent.sum();
  }

  /** Bytes taken from the kernel, over links and in datagrams. */
  public long bytesReceived() {
    return bytesReceived.sum();
  }

  /** Datagrams sent. */
  public long datagramsSent() {
    return datagramsSent.sum();
  }

  /** Authentic datagrams received. */
  public long datagramsReceived() {
    return datagramsReceived.sum();
  }

  void add(TransportEvent event) {
    of(event).increment();
  }

  void frameSent() {
    framesSent.increment();
  }

  void frameReceived() {
    framesReceived.increment();
  }

  void bytesSent(long bytes) {
    bytesSent.add(bytes);
  }

  void bytesReceived(long bytes) {
    bytesReceived.add(bytes);
  }

  void datagramSent(long bytes) {
    datagramsSent.increment();
    bytesSent(bytes);
  }

  void datagramReceived() {
    datagramsReceived.increment();
  }
}
