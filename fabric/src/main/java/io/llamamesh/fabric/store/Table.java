package io.llamamesh.fabric.store;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Entries by key, with the size of all and the hashes of buckets. Removed ones are in no hash: a
 * replica that has forgotten one, or never had it, agrees with one that remembers.
 */
final class Table {

  /** What an entry takes beside its bytes. */
  private static final int OVERHEAD_BYTES = 128;

  private final TreeMap<String, Entry> entries = new TreeMap<>();
  private final long[] buckets = new long[Digest.BUCKETS];
  private long bytes;
  private int removed;

  @Nullable Entry get(String key) {
    return entries.get(key);
  }

  NavigableMap<String, Entry> entries() {
    return Collections.unmodifiableNavigableMap(entries);
  }

  void put(String key, Entry entry) {
    count(key, entries.put(key, entry), -1);
    count(key, entry, 1);
  }

  void remove(String key) {
    count(key, entries.remove(key), -1);
  }

  private void count(String key, @Nullable Entry entry, int sign) {
    if (entry == null) {
      return;
    }
    bytes += sign * size(key, entry);
    if (entry.isRemoved()) {
      removed += sign;
    } else {
      buckets[Digest.bucket(key)] ^= entry.hash();
    }
  }

  static long size(String key, @Nullable Entry entry) {
    return entry == null
        ? 0
        : OVERHEAD_BYTES
            + key.getBytes(StandardCharsets.UTF_8).length
            + (long) entry.encoded().length;
  }

  /** Size of all keys and documents, with what they take beside. */
  long bytes() {
    return bytes;
  }

  /** Number of keys with a value. */
  int keys() {
    return entries.size() - removed;
  }

  /** Number of keys that are remembered as removed. */
  int removed() {
    return removed;
  }

  long[] buckets() {
    return buckets.clone();
  }
}
