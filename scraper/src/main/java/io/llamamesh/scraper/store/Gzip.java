package io.llamamesh.scraper.store;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * Gzip compression at the fastest level: lines are so repetitive that a higher level costs three
 * times the time for little.
 */
final class Gzip {
  private static final int BUFFER = 16 << 10;

  private Gzip() {}

  /** Compresses lines, each with a line break behind it. */
  static byte[] zipped(List<String> lines) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(BUFFER);
    try (OutputStream zip = fast(bytes)) {
      for (String line : lines) {
        zip.write(line.getBytes(StandardCharsets.UTF_8));
        zip.write('\n');
      }
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return bytes.toByteArray();
  }

  /** A compressing stream. */
  static OutputStream fast(OutputStream out) throws IOException {
    return new Fast(out);
  }

  private static final class Fast extends GZIPOutputStream {
    Fast(OutputStream out) throws IOException {
      super(out, BUFFER);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }
}
