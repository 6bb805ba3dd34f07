package io.llamamesh.scraper.pull;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds what all agents' pages together hold of memory while they wait for the store; agents keep
 * them, so whatever finds no room is fetched again. Thread-safe.
 */
final class StoreBacklog {
  /** A thousand agents' windows are 5 MB. */
  private static final int MAX_BYTES = 16 << 20;

  /** For pages that come only once, of all agents together. */
  private static final long MAX_UNREPEATABLE_BYTES =
      Math.max(16L << 20, Runtime.getRuntime().maxMemory() / 8);

  /** One agent's share of these. */
  private static final int SHARES = 8;

  /** Those whose pages are unpacked: enough to fill a request. */
  private static final int WRITING = 48;

  /** Those that wait for the store with a page of half a MiB: what fills a request or two. */
  static final int CATCHING_UP = 20;

  private final AtomicInteger bytes = new AtomicInteger();
  private final AtomicLong unrepeatableBytes = new AtomicLong();
  private final long maxUnrepeatableBytes;
  private final Semaphore writing = new Semaphore(WRITING, true);
  private final Semaphore catchingUp = new Semaphore(CATCHING_UP, true);

  StoreBacklog() {
    this(MAX_UNREPEATABLE_BYTES);
  }

  /**
   * @param mostUnrepeatable bytes of pages that come only once
   */
  StoreBacklog(long mostUnrepeatable) {
    this.maxUnrepeatableBytes = mostUnrepeatable;
  }

  /** Whether there is room for another page. */
  boolean hasRoom() {
    return bytes.get() < MAX_BYTES;
  }

  void add(int more) {
    bytes.addAndGet(more);
  }

  void remove(int fewer) {
    bytes.addAndGet(-fewer);
  }

  /** Whether an agent that holds so many bytes may keep another page that comes only once. */
  boolean hasRoomForUnrepeatable(long ofAgent) {
    return ofAgent < maxUnrepeatableBytes / SHARES
        && unrepeatableBytes.get() < maxUnrepeatableBytes;
  }

  void addUnrepeatable(int more) {
    unrepeatableBytes.addAndGet(more);
  }

  void removeUnrepeatable(int fewer) {
    unrepeatableBytes.addAndGet(-fewer);
  }

  /** Waits for a place among those that write what waited. */
  void beginWriting() throws InterruptedException {
    writing.acquire();
  }

  void endWriting() {
    writing.release();
  }

  /** Waits for a place among those that fetch again what was not written. */
  void beginCatchingUp() throws InterruptedException {
    catchingUp.acquire();
  }

  void endCatchingUp() {
    catchingUp.release();
  }
}
