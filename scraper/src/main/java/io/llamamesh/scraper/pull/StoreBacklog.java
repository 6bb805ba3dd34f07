package io.llamamesh.scraper.pull;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounded memory of all agents' pages that wait for the store; agents retain them, so pages that
 * find no room are fetched again. Thread-safe.
 */
final class StoreBacklog {
  /** A thousand agents' windows are 5 MB. */
  private static final int MAX_BYTES = 16 << 20;

  /** Bytes for pages that cannot be fetched again, of all agents together. */
  private static final long MAX_UNREPEATABLE_BYTES =
      Math.max(16L << 20, Runtime.getRuntime().maxMemory() / 8);

  /** One agent may hold the n-th part of these. */
  private static final int SHARES = 8;

  /** Pumps whose pages are unpacked at once: enough to fill a request. */
  private static final int WRITING = 48;

  /** Pumps that wait for the store with a page of half a MiB: enough to fill a request or two. */
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
   * @param mostUnrepeatable bytes of pages that cannot be fetched again
   */
  StoreBacklog(long mostUnrepeatable) {
    this.maxUnrepeatableBytes = mostUnrepeatable;
  }

  /** True if there is room for another page. */
  boolean hasRoom() {
    return bytes.get() < MAX_BYTES;
  }

  void add(int more) {
    bytes.addAndGet(more);
  }

  void remove(int fewer) {
    bytes.addAndGet(-fewer);
  }

  /**
   * True if an agent that holds so many bytes may keep another page that cannot be fetched again.
   */
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

  /** Waits for a permit to write an offered page. */
  void beginWriting() throws InterruptedException {
    writing.acquire();
  }

  void endWriting() {
    writing.release();
  }

  /** Waits for a permit to fetch and write a page again. */
  void beginCatchingUp() throws InterruptedException {
    catchingUp.acquire();
  }

  void endCatchingUp() {
    catchingUp.release();
  }
}
