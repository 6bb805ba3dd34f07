package io.llamamesh.fabric.store;

import java.util.HashMap;
import java.util.Map;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.LongDataType;
import org.h2.mvstore.type.StringDataType;
import org.jspecify.annotations.Nullable;

/**
 * Records in one file of H2's MVStore, a log-structured store that goes back to its last complete
 * commit when it is opened. Each batch is a commit and a sync. There is no background thread.
 *
 * <p>After a failed write the file is closed, and opened anew by the next one, so that nothing of
 * the failed batch is left in memory.
 */
public final class MvStorage implements Storage, AutoCloseable {

  private static final String LIFE = "life";
  private static final String SETTLED_LIFE = "settledLife";

  /** Batches between two attempts to make the file smaller. */
  private static final int COMPACT_EACH = 64;

  private static final int COMPACT_FILL_PERCENT = 60;
  private static final int COMPACT_BYTES = 1 << 20;
  private static final int CLOSE_MILLIS = 200;

  private final String file;
  private @Nullable MVStore store;
  private int batches;

  private MvStorage(String file) {
    this.file = file;
  }

  /**
   * Opens a file, or makes it.
   *
   * @param file path of the file; its folder must be there
   * @throws StorageException when it cannot be opened: in use, damaged or of another version
   */
  public static MvStorage open(String file) throws StorageException {
    MvStorage storage = new MvStorage(file);
    try {
      storage.opened();
    } catch (MVStoreException | IllegalArgumentException e) {
      throw new StorageException("cannot open " + file + ": " + e.getMessage(), e, isDamage(e));
    }
    return storage;
  }

  private MVStore opened() {
    MVStore opened = store;
    if (opened == null || opened.isClosed()) {
      opened =
          new MVStore.Builder()
              .fileName(file)
              .autoCommitDisabled()
              // A batch that grows must not be committed in its midst.
              .autoCommitBufferSize(0)
              .cacheSize(1)
              .open();
      opened.setVersionsToKeep(0);
      // Every commit is synced before the next begins, so what it superseded is free at once.
      opened.setRetentionTime(0);
      store = opened;
    }
    return opened;
  }

  private static MVMap<String, byte[]> records(MVStore store) {
    return store.openMap(
        "records",
        new MVMap.Builder<String, byte[]>()
            .keyType(StringDataType.INSTANCE)
            .valueType(ByteArrayDataType.INSTANCE));
  }

  private static MVMap<String, Long> numbers(MVStore store) {
    return store.openMap(
        "numbers",
        new MVMap.Builder<String, Long>()
            .keyType(StringDataType.INSTANCE)
            .valueType(LongDataType.INSTANCE));
  }

  @Override
  public Contents load() throws StorageException {
    try {
      MVStore opened = opened();
      MVMap<String, Long> numbers = numbers(opened);
      Map<String, byte[]> records = new HashMap<>();
      records(opened).forEach(records::put);
      return new Contents(
          numbers.getOrDefault(LIFE, 0L), numbers.getOrDefault(SETTLED_LIFE, 0L), records);
    } catch (RuntimeException e) {
      // Of a damaged page H2 may throw anything, such as an index out of bounds.
      abandon();
      throw new StorageException("cannot read " + file + ": " + e.getMessage(), e, isDamage(e));
    }
  }

  @Override
  public void write(Batch batch) throws StorageException {
    try {
      MVStore opened = opened();
      MVMap<String, Long> numbers = numbers(opened);
      numbers.put(LIFE, batch.life());
      numbers.put(SETTLED_LIFE, batch.settledLife());
      MVMap<String, byte[]> records = records(opened);
      records.putAll(batch.records());
      batch.removed().forEach(records::remove);
      opened.commit();
      opened.sync();
      if (++batches % COMPACT_EACH == 0) {
        opened.compact(COMPACT_FILL_PERCENT, COMPACT_BYTES);
        opened.sync();
      }
    } catch (RuntimeException e) {
      abandon();
      throw new StorageException("cannot write " + file + ": " + e.getMessage(), e, isDamage(e));
    }
  }

  /** True when the file's content is at fault, not the way to it. */
  private static boolean isDamage(RuntimeException cause) {
    return cause instanceof MVStoreException failed
        && failed.getErrorCode() == DataUtils.ERROR_FILE_CORRUPT;
  }

  private void abandon() {
    MVStore opened = store;
    store = null;
    if (opened != null) {
      try {
        opened.closeImmediately();
      } catch (RuntimeException e) {
        // It failed before; whether the file can be used shows when it is opened again.
      }
    }
  }

  /** Closes the file and makes it as small as that takes little time. */
  @Override
  public void close() {
    MVStore opened = store;
    store = null;
    if (opened != null) {
      try {
        opened.close(CLOSE_MILLIS);
      } catch (MVStoreException | IllegalStateException e) {
        opened.closeImmediately();
      }
    }
  }
}
