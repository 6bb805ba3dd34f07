package io.llamamesh.fabric.store;

import java.time.Duration;

/**
 * Bounds and times of a store. The bounds on values hold for operations; what replicas write
 * concurrently may grow beyond them by joins, to four times a value's bound and twice the store's,
 * where joins are refused and counted.
 *
 * @param warnBytes encoded size from which a value is called large
 * @param valueBytes greatest encoded size of a value
 * @param totalBytes greatest size of all keys and encoded values, with 128 bytes for each
 * @param waiting operations that may wait for the disk; one more is refused as busy
 * @param subscriptions subscriptions that may be open
 * @param turn least time between two turns of anti-entropy; each is once to twice that
 * @param keepRemoved how long a removed key is remembered, so that a replica that was away does not
 *     bring it back
 */
public record ReplicatedStoreOptions(
    int warnBytes,
    int valueBytes,
    long totalBytes,
    int waiting,
    int subscriptions,
    Duration turn,
    Duration keepRemoved) {

  /** The constants of the fabric. */
  public static final ReplicatedStoreOptions DEFAULT =
      new ReplicatedStoreOptions(
          256 << 10, 1 << 20, 16L << 20, 32, 64, Duration.ofSeconds(10), Duration.ofDays(7));

  /** Options with their order checked. */
  public ReplicatedStoreOptions {
    if (warnBytes < 1
        || valueBytes < warnBytes
        || totalBytes < valueBytes
        || waiting < 1
        || subscriptions < 0
        || !turn.isPositive()
        || !keepRemoved.isPositive()) {
      throw new IllegalArgumentException("store options that contradict each other");
    }
  }

  /** The same with another size in all. */
  public ReplicatedStoreOptions withTotalBytes(long bytes) {
    return new ReplicatedStoreOptions(
        warnBytes, valueBytes, bytes, waiting, subscriptions, turn, keepRemoved);
  }

  int joinedValueBytes() {
    return Math.multiplyExact(valueBytes, 4);
  }

  long joinedTotalBytes() {
    return totalBytes * 2;
  }
}
