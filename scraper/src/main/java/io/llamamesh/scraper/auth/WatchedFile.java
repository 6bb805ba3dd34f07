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
 * What a file says, read again when the file has changed. Whether it has is looked at when somebody
 * asks, at most every three seconds; what cannot be read leaves the last good content. Thread-safe.
 */
public final class WatchedFile<T> {
  private static final Logger LOG = LoggerFactory.getLogger(WatchedFile.class);
  private static final Duration CHECK_INTERVAL = Duration.ofSeconds(3);

  /** Makes content of a file. */
  @FunctionalInterface
  public interface Reader<T> {
    /** The content. */
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
   * Reads the file for the first time.
   *
   * @throws IOException where it cannot be read
   */
  public WatchedFile(Path file, Reader<T> reader, InstantSource clock) throws IOException {
    this.file = file;
    this.reader = reader;
    this.clock = clock;
    this.lastCheck = clock.instant();
    // The time before the content: should it change in between, it is read once more.
    this.lastModified = Files.getLastModifiedTime(file);
    this.content = reader.read(file);
  }

  Path file() {
    return file;
  }

  /** What the file says; what it said where it cannot be read now. */
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
        LOG.info("file read again file={}", file);
      }
      lastError = null;
    } catch (IOException e) {
      String said = e.toString();
      if (!said.equals(lastError)) {
        lastError = said;
        LOG.warn("file not readable, its last content stays error={}", said);
      }
    }
  }
}
