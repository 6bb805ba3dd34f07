package io.llamamesh.bench.fabric;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Heap in use once nothing is freed any more: what earlier rows left counts for no later one. */
final class SettledHeap {

  private static final int MOST_COLLECTIONS = 50;
  private static final int CALM_COLLECTIONS = 3;
  private static final long CALM_BYTES = 16 << 10;
  private static final long BETWEEN_MILLIS = 20;

  private SettledHeap() {}

  /** Bytes in use after garbage collections that freed nothing. */
  static long used() throws IOException, InterruptedException {
    long last = Long.MAX_VALUE;
    int calm = 0;
    for (int i = 0; i < MOST_COLLECTIONS; i++) {
      System.gc();
      TimeUnit.MILLISECONDS.sleep(BETWEEN_MILLIS); // cleaners run on threads of their own
      long now = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
      calm = Math.abs(last - now) <= CALM_BYTES ? calm + 1 : 0;
      if (calm == CALM_COLLECTIONS) {
        return now;
      }
      last = now;
    }
    throw new IOException("the heap does not settle");
  }

  /** Bytes that were taken since, which is never less than none. */
  static long usedSince(long before) throws IOException, InterruptedException {
    long taken = used() - before;
    if (taken < 0) {
      throw new IOException("what is measured freed " + -taken + " bytes: no figure");
    }
    return taken;
  }
}
