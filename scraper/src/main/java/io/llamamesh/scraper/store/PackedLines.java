package io.llamamesh.scraper.store;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** Compressed lines, at a tenth of their size. */
public final class PackedLines {
  private final byte[] zipped;

  private PackedLines(byte[] zipped) {
    this.zipped = zipped;
  }

  /** Packs lines, of which none holds a line break. */
  public static PackedLines of(List<String> lines) {
    return new PackedLines(Gzip.zipped(lines));
  }

  /** Compressed size. */
  public int bytes() {
    return zipped.length;
  }

  /** Decompresses the lines. */
  public List<String> unpacked() {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(zipped))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
  }
}
