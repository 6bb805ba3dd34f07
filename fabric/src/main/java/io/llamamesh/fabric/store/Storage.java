package io.llamamesh.fabric.store;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Disk under a store. Used by the store's thread only. */
public interface Storage {

  /**
   * All that was written, before the first {@link #write}. Its map of records is the caller's, who
   * takes them out of it one by one: the largest store would not fit into the heap twice.
   *
   * @throws StorageException when it cannot be read
   */
  Contents load() throws StorageException;

  /**
   * Writes a batch, all or nothing. When this returns, it survives the loss of power.
   *
   * @throws StorageException when it is not known to; the batch may turn up after a crash all the
   *     same
   */
  void write(Batch batch) throws StorageException;

  /**
   * The content of a disk.
   *
   * @param life greatest life that this node wrote in, 0 for none
   * @param settledLife lives below this one are complete here, 0 for none
   * @param records by key
   */
  record Contents(long life, long settledLife, Map<String, byte[]> records) {

    /** A new disk. */
    public static final Contents EMPTY = new Contents(0, 0, Map.of());
  }

  /**
   * A change of what a disk holds.
   *
   * @param life as in {@link Contents}
   * @param settledLife as in {@link Contents}
   * @param records what is new, by key
   * @param removed keys without a record from now on
   */
  record Batch(long life, long settledLife, Map<String, byte[]> records, List<String> removed) {

    /** A batch. */
    public Batch {
      records = new TreeMap<>(records);
      removed = List.copyOf(removed);
    }
  }
}
