package io.llamamesh.scraper.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;

/** Cursor store in a file, for a scraper outside Kubernetes; replaced atomically. */
public final class FileCursors implements CursorStore {
  private static final long MAX_BYTES = 16L << 20;

  private final Path file;

  /**
   * @param file created if it is missing; its folder must exist
   */
  public FileCursors(Path file) {
    this.file = file;
  }

  @Override
  public Map<String, Bookmark> load() {
    try {
      if (!Files.exists(file) || Files.size(file) > MAX_BYTES) {
        return Map.of();
      }
      return CursorsJson.read(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void save(Map<String, Bookmark> cursors) {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.writeString(fresh, CursorsJson.write(cursors));
      Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
