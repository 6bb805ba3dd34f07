package io.llamamesh.agent.store;

import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.WindowArchive;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files of the closed windows on disk, one each, for as long as the archive's retention, so that a
 * crash loses only the window that was still open. The numbering continues across restarts: who
 * reads by cursor gets nothing twice and misses nothing. A thread of its own writes; the
 * measurement never waits for a disk.
 */
public final class WindowFiles implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(WindowFiles.class);
  private static final String PREFIX = "window-";
  private static final String FRESH = "new-";
  private static final String CLEAN = "ended-cleanly";
  private static final long RETRY_MILLIS = 1000;

  /** Retries while a folder is in the place of a file. */
  private static final int OBSTRUCTED_TRIES = 4;

  /** Compressed; a window of a thousand pairs over 16 source ports has 300 kB. */
  private static final long MAX_BYTES = 4L << 20;

  private final @Nullable Path folder;
  private final WindowArchive archive;
  private final @Nullable Thread writer;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean stopping;
  private long written;
  private long deleted;
  private int obstructed;
  private volatile boolean failing;

  private WindowFiles(@Nullable Path folder, WindowArchive archive) {
    this.folder = folder;
    this.archive = archive;
    this.written = archive.published();
    this.deleted = Math.max(0, archive.oldest() - 1);
    this.writer =
        folder == null
            ? null
            : Thread.ofPlatform().name("window-files").daemon(true).start(this::run);
  }

  /**
   * Reads the windows of an earlier life, and stores those that this one publishes.
   *
   * @param folder must exist; null keeps everything in memory only
   */
  public static WindowFiles open(@Nullable Path folder) throws IOException {
    byte[] random = new byte[8];
    new SecureRandom().nextBytes(random);
    String bootId = HexFormat.of().formatHex(random);
    if (folder == null) {
      return new WindowFiles(null, new WindowArchive(bootId));
    }
    // Always deleted: it is about the life that wrote it, and this one may end otherwise.
    boolean clean = Files.isRegularFile(folder.resolve(CLEAN)) && remove(folder.resolve(CLEAN));
    NavigableMap<Long, WindowCodec.Entry> found = read(folder);
    if (found.isEmpty()) {
      return new WindowFiles(folder, new WindowArchive(bootId));
    }
    // Only the newest run of numbers without a gap can be continued; it may have had several boot
    // ids.
    String newest = found.lastEntry().getValue().bootId();
    List<ClosedWindow> kept = new ArrayList<>();
    long wanted = found.lastKey();
    for (WindowCodec.Entry entry : found.descendingMap().values()) {
      long sequence = entry.window().sequence();
      if (sequence == wanted) {
        kept.addFirst(entry.window());
        wanted--;
      } else {
        LOG.warn("window before a gap deleted sequence={} gapAt={}", sequence, wanted);
        var _ = remove(file(folder, sequence));
      }
    }
    // Without a clean end some windows may have been served but not written: their numbers must not
    // be used again under the same name, or a reader would skip what it has never seen.
    String name = clean ? newest : bootId;
    LOG.info("windows restored count={} cleanEnd={} bootId={}", kept.size(), clean, name);
    WindowArchive archive = new WindowArchive(name, kept);
    // Windows that memory has no room for cannot be read any more.
    for (long sequence : found.headMap(archive.oldest()).keySet()) {
      var _ = remove(file(folder, sequence));
    }
    return new WindowFiles(folder, archive);
  }

  /**
   * Deletes a file; returns whether it was there and is gone. A failure is logged, and no reason to
   * end.
   */
  private static boolean remove(Path file) {
    try {
      return Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.warn("file not deleted file={} error={}", file, e.toString());
      return false;
    }
  }

  private static NavigableMap<Long, WindowCodec.Entry> read(Path folder) throws IOException {
    try (DirectoryStream<Path> halves = Files.newDirectoryStream(folder, FRESH + PREFIX + "*")) {
      for (Path half : halves) {
        var _ = remove(half);
      }
    }
    NavigableMap<Long, WindowCodec.Entry> found = new TreeMap<>();
    WindowCodec.Interner shared = new WindowCodec.Interner();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, PREFIX + "*")) {
      for (Path file : files) {
        try {
          // A folder, a pipe, a device: to read it could fail, wait for ever or have no end.
          if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            LOG.warn("not a regular file, skipped file={}", file);
            continue;
          }
          if (Files.size(file) > MAX_BYTES) {
            throw new IOException("longer than any window");
          }
          WindowCodec.Entry entry = WindowCodec.read(Files.readAllBytes(file), shared);
          found.put(entry.window().sequence(), entry);
        } catch (IOException | RuntimeException e) {
          LOG.warn("window file not usable, deleted file={} error={}", file, e.toString());
          var _ = remove(file);
        }
      }
    }
    return found;
  }

  /** Archive of the windows, to which the collector publishes. */
  public WindowArchive archive() {
    return archive;
  }

  private void run() {
    try {
      while (!stopping) {
        if (archive.await(written, () -> stopping)) {
          writePublished();
        }
        if (failing) {
          var _ = ended.await(RETRY_MILLIS, TimeUnit.MILLISECONDS);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    writePublished();
  }

  private void writePublished() {
    Path to = folder;
    if (to == null) {
      return;
    }
    for (ClosedWindow window : archive.after(written, 1000).windows()) {
      Path fresh = to.resolve(FRESH + PREFIX + window.sequence());
      if (Files.isDirectory(fresh) || Files.isDirectory(file(to, window.sequence()))) {
        if (++obstructed < OBSTRUCTED_TRIES) {
          failing = true;
          break;
        }
        // It may never go away: the windows after it must still be stored.
        LOG.warn("window not stored, a folder is in the place of its file file={}", fresh);
        obstructed = 0;
        written = window.sequence();
        failing = false;
        continue;
      }
      obstructed = 0;
      try {
        Files.write(fresh, WindowCodec.write(archive.bootId(), window));
        Files.move(fresh, file(to, window.sequence()), StandardCopyOption.ATOMIC_MOVE);
        written = window.sequence();
        failing = false;
      } catch (IOException e) {
        if (!failing) {
          failing = true;
          LOG.warn("windows not stored, retrying error={}", e.toString());
        }
        break;
      }
    }
    deleteEvicted(to);
  }

  private void deleteEvicted(Path from) {
    while (deleted < archive.oldest() - 1) {
      deleted++;
      try {
        Files.deleteIfExists(file(from, deleted));
      } catch (IOException e) {
        LOG.warn("old window file not deleted error={}", e.toString());
      }
    }
  }

  private static Path file(Path folder, long sequence) {
    return folder.resolve(PREFIX + sequence);
  }

  /** Writes the published windows and ends the thread. */
  @Override
  public void close() {
    stopping = true;
    archive.wakeUp();
    ended.countDown();
    if (writer != null) {
      try {
        if (!writer.join(java.time.Duration.ofSeconds(5))) {
          LOG.warn("windows still being written at close");
        } else if (folder != null && !failing) {
          Files.write(folder.resolve(CLEAN), new byte[0]);
        }
      } catch (IOException e) {
        LOG.warn("clean end not recorded, readers will read again error={}", e.toString());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
