package io.llamamesh.scraper.auth;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Content of a file, read again when the file changes. The change is detected on access, at most
 * every three seconds; if the file cannot be read the last valid content is kept. Thread-safe.
 */
public final class WatchedFile<T> {
  private static final Logger LOG = LoggerFactory.getLogger(WatchedFile.class);
  private static final Duration CHECK_INTERVAL = Duration.ofSeconds(3);

  /** Parser of the file. */
  @FunctionalInterface
  public interface Reader<T> {
    /** Parses the file. */
    T read(Path file) throws IOException;
  }

  private final Path file;
  private final Reader<T> reader;
  private final InstantSource clock;
  private T content;
  private FileTime lastModified;
  private Instant lastCheck;
  private @Nullable String lastError;

  /**
   * Reads the file.
   *
   * @throws IOException if it cannot be read
   */
  public WatchedFile(Path file, Reader<T> reader, InstantSource clock) throws IOException {
    this.file = file;
    this.reader = reader;
    this.clock = clock;
    this.lastCheck = clock.instant();
    // The time before the content: if the file changes in between, it is read once more.
    this.lastModified = Files.getLastModifiedTime(file);
    this.content = reader.read(file);
  }

  Path file() {
    return file;
  }

  /** The current content; the last valid one if the file cannot be read now. */
  public synchronized T current() {
    Instant now = clock.instant();
    if (Duration.between(lastCheck, now).abs().compareTo(CHECK_INTERVAL) >= 0) {
      lastCheck = now;
      reload();
    }
    return content;
  }

  private void reload() {
    try {
      FileTime changed = Files.getLastModifiedTime(file);
      if (!changed.equals(lastModified)) {
        content = reader.read(file);
        lastModified = changed;
        LOG.info("file reloaded file={}", file);
      }
      lastError = null;
    } catch (IOException e) {
      String error = e.toString();
      if (!error.equals(lastError)) {
        lastError = error;
        LOG.warn("file not readable, keeping last content file={} error={}", file, error);
      }
    }
  }
}
