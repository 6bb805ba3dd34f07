package io.llamamesh.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.llamamesh.results.Point;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a store holds, by the file of all that was written to it: {@link #refresh} reads what is new
 * there. Not thread-safe.
 */
final class StoredRows {
  private final Path file;
  private long read;
  private long written;
  private final Set<String> rows = new HashSet<>();

  /** Rows by what the store knows them by. */
  private final Map<String, String> byKey = new HashMap<>();

  private final Set<String> replaced = new HashSet<>();

  StoredRows(Path file) {
    this.file = file;
  }

  /** Reads what was written since. */
  StoredRows refresh() throws IOException {
    byte[] fresh;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(channel.size() - read));
      while (buffer.hasRemaining() && channel.read(buffer, read + buffer.position()) >= 0) {
        // Read on.
      }
      fresh = buffer.array();
    }
    String text = new String(fresh, UTF_8);
    // The last line may be half written.
    String whole = text.substring(0, text.lastIndexOf('\n') + 1);
    read += whole.getBytes(UTF_8).length;
    whole.lines().filter(line -> line.startsWith(Point.RAW_STATS + ",")).forEach(this::take);
    return this;
  }

  private void take(String row) {
    written++;
    rows.add(row);
    String before = byKey.put(WindowRows.key(row), row);
    if (before != null && !before.equals(row)) {
      replaced.add(row);
    }
  }

  /** Number of rows that were written, as often as they were. */
  long written() {
    return written;
  }

  /** All that were ever written, each once. */
  Set<String> rows() {
    return rows;
  }

  /** Rows that took the place of others with other numbers. */
  Set<String> replaced() {
    return replaced;
  }

  /** Those of some rows that were never written. */
  List<String> missing(Collection<String> wanted) {
    return wanted.stream().filter(row -> !rows.contains(row)).toList();
  }
}
