package io.llamamesh.fabric.store;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.FileStore;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.SFChunk;
import org.h2.mvstore.SingleFileStore;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.LongDataType;
import org.h2.mvstore.type.StringDataType;
import org.jspecify.annotations.Nullable;

/**
 * Records in one file of H2's MVStore, a log-structured store that goes back to its last complete
 * commit when it is opened. Each batch is a commit and a sync. There is no background thread.
 *
 * <p>After a failed write the file is closed, and opened anew by the next one, so that nothing of
 * the failed batch is left in memory. A file that was removed, replaced, cut or overwritten while
 * it is in use counts as damaged: the next start would not find what is written to it.
 */
public final class MvStorage implements Storage, AutoCloseable {

  private static final String LIFE = "life";
  private static final String SETTLED_LIFE = "settledLife";

  /** Batches between two attempts to make the file smaller. */
  private static final int COMPACT_EACH = 64;

  private static final int COMPACT_FILL_PERCENT = 60;
  private static final int COMPACT_BYTES = 1 << 20;
  private static final int CLOSE_MILLIS = 200;

  /** How every file of an MVStore begins. */
  private static final byte[] HEADER = "H:".getBytes(StandardCharsets.US_ASCII);

  private final String file;
  private @Nullable MVStore store;
  private @Nullable Object identity;
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
    } catch (RuntimeException | StackOverflowError e) {
      throw new StorageException("cannot open " + file + ": " + e.getMessage(), e, isDamage(e));
    }
    return storage;
  }

  private MVStore opened() throws StorageException {
    MVStore opened = store;
    if (opened == null || opened.isClosed()) {
      checkSame(attributes()); // or else an empty one would be made in its place
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
      BasicFileAttributes attributes = attributes();
      identity = attributes == null ? null : attributes.fileKey();
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
    } catch (RuntimeException | StackOverflowError e) {
      abandon();
      throw new StorageException("cannot read " + file + ": " + e.getMessage(), e, isDamage(e));
    }
  }

  @Override
  public void write(Batch batch) throws StorageException {
    try {
      MVStore opened = opened();
      checkInPlace(opened); // a commit writes the header anew
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
      checkInPlace(opened);
    } catch (RuntimeException | StackOverflowError e) {
      abandon();
      throw new StorageException("cannot write " + file + ": " + e.getMessage(), e, isDamage(e));
    }
  }

  /** Checks that the file that is written to is the one that a start would find, and whole. */
  private void checkInPlace(MVStore opened) throws StorageException {
    Object known = identity;
    if (known == null) {
      return; // a file of a test, which has none
    }
    BasicFileAttributes now = attributes();
    String problem = null;
    checkSame(now);
    FileStore<?> store = Objects.requireNonNull(opened.getFileStore());
    if (now == null || now.size() < store.size()) {
      problem = "was cut while it was in use";
    } else if (store instanceof SingleFileStore single && !hasHeader(single)) {
      problem = "was overwritten while it was in use";
    }
    if (problem != null) {
      abandon();
      throw new StorageException(file + " " + problem, true);
    }
  }

  private void checkSame(@Nullable BasicFileAttributes now) throws StorageException {
    Object known = identity;
    if (known != null && (now == null || !known.equals(now.fileKey()))) {
      abandon();
      throw new StorageException(file + " was removed or replaced while it was in use", true);
    }
  }

  /** Looks through H2's own descriptor: closing another one would give up the lock of the file. */
  private static boolean hasHeader(SingleFileStore store) {
    ByteBuffer first = store.readFully((SFChunk) null, 0, HEADER.length);
    return first.equals(ByteBuffer.wrap(HEADER));
  }

  private @Nullable BasicFileAttributes attributes() {
    try {
      return Files.readAttributes(Path.of(file), BasicFileAttributes.class);
    } catch (IOException | InvalidPathException e) {
      return null;
    }
  }

  /**
   * True when the file's content is at fault, not the way to it. Of a damaged page H2 may throw
   * anything, and look for a lost chunk without end.
   */
  private static boolean isDamage(Throwable cause) {
    if (!(cause instanceof MVStoreException failed)) {
      return !(cause instanceof IllegalArgumentException);
    }
    return switch (failed.getErrorCode()) {
      case DataUtils.ERROR_READING_FAILED -> failed.getCause() instanceof EOFException;
      case DataUtils.ERROR_WRITING_FAILED,
          DataUtils.ERROR_FILE_LOCKED,
          DataUtils.ERROR_CLOSED,
          DataUtils.ERROR_UNSUPPORTED_FORMAT ->
          false;
      default -> true;
    };
  }

  private void abandon() {
    MVStore opened = store;
    store = null;
    if (opened != null) {
      closeImmediately(opened);
    }
  }

  private static void closeImmediately(MVStore opened) {
    try {
      opened.closeImmediately();
    } catch (RuntimeException | StackOverflowError e) {
      // It failed before; whether the file can be used shows when it is opened again.
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
      } catch (RuntimeException | StackOverflowError e) {
        closeImmediately(opened);
      }
    }
  }
}
