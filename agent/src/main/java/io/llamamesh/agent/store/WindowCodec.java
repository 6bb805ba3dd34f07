package io.llamamesh.agent.store;

import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.PairResult;
import io.llamamesh.agent.window.PathFacts;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Codec of closed windows as compressed bytes; readable only by the same version of this program.
 */
final class WindowCodec {

  /**
   * Version of the format; changes with the format or the tallies. Files of other versions are
   * skipped.
   */
  private static final int FORM = 0x4c4d_0004;

  /** The version before skipped probes and stalled replies were counted. */
  private static final int FORM_WITHOUT_STALLS = 0x4c4d_0003;

  private static final int MAX_ROWS = 1 << 20;

  private WindowCodec() {}

  /**
   * Interner of tags and texts: a pair's tags are most of its size, and the same in every window.
   */
  static final class Interner {
    private final Map<Map<String, String>, Map<String, String>> tags = new HashMap<>();
    private final Map<String, String> texts = new HashMap<>();

    Map<String, String> tags(Map<String, String> equal) {
      return tags.computeIfAbsent(equal, Map::copyOf);
    }

    String text(String equal) {
      return texts.computeIfAbsent(equal, text -> text);
    }
  }

  /** A window and the boot id of its numbering. */
  record Entry(String bootId, ClosedWindow window) {}

  static byte[] write(String bootId, ClosedWindow window) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(new DeflaterOutputStream(bytes))) {
      out.writeInt(FORM);
      out.writeUTF(bootId);
      out.writeLong(window.sequence());
      out.writeLong(window.endNanos());
      out.writeInt(window.pairs().size());
      for (PairResult pair : window.pairs()) {
        pair(out, pair);
      }
      out.writeInt(window.reflected().size());
      for (ClosedWindow.Reflected sender : window.reflected()) {
        out.writeUTF(sender.source());
        out.writeLong(sender.probes());
      }
    }
    return bytes.toByteArray();
  }

  private static void pair(DataOutputStream out, PairResult pair) throws IOException {
    out.writeShort(pair.tags().size());
    for (Map.Entry<String, String> tag : pair.tags().entrySet()) {
      out.writeUTF(tag.getKey());
      out.writeUTF(tag.getValue());
    }
    int[] counts = pair.counts();
    out.writeShort(counts.length);
    for (int count : counts) {
      out.writeInt(count);
    }
    PairResult.Rtt rtt = pair.rtt();
    out.writeBoolean(rtt != null);
    if (rtt != null) {
      out.writeDouble(rtt.mean());
      out.writeLong(rtt.min());
      out.writeLong(rtt.p50());
      out.writeLong(rtt.p90());
      out.writeLong(rtt.p99());
      out.writeLong(rtt.max());
      out.writeDouble(rtt.jitter());
    }
    out.writeDouble(pair.residenceNanos());
    out.writeShort(pair.paths().size());
    for (PairResult.Path path : pair.paths()) {
      out.writeInt(path.sourcePort());
      out.writeInt(path.sent());
      out.writeInt(path.measured());
      out.writeInt(path.lost());
      out.writeDouble(path.rttMeanNanos());
    }
    out.writeInt(pair.facts().mtu());
    out.writeByte(pair.facts().dscpForward());
    out.writeByte(pair.facts().dscpReturn());
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @param shared interned tags and texts of earlier windows
   * @throws IOException when the bytes are damaged or of another form
   */
  static Entry read(byte[] bytes, Interner shared) throws IOException {
    try (DataInputStream in =
        new DataInputStream(new InflaterInputStream(new ByteArrayInputStream(bytes)))) {
      int form = in.readInt();
      if (form != FORM && form != FORM_WITHOUT_STALLS) {
        throw new IOException("window file of another form");
      }
      String bootId = in.readUTF();
      long sequence = in.readLong();
      long end = in.readLong();
      int rows = size(in.readInt());
      List<PairResult> pairs = new ArrayList<>(Math.min(rows, 1000));
      for (int i = 0; i < rows; i++) {
        pairs.add(pair(in, shared, form));
      }
      int senders = size(in.readInt());
      List<ClosedWindow.Reflected> reflected = new ArrayList<>(Math.min(senders, 1000));
      for (int i = 0; i < senders; i++) {
        reflected.add(new ClosedWindow.Reflected(shared.text(in.readUTF()), in.readLong()));
      }
      return new Entry(bootId, new ClosedWindow(sequence, end, pairs, reflected));
    }
  }

  /** Counts of the earlier form with zeros where there are new ones. */
  private static int[] withStalls(int[] counts) {
    int[] all = new int[counts.length + 2];
    int before = Attempt.SKIPPED.index();
    System.arraycopy(counts, 0, all, 0, Math.min(before, counts.length));
    if (counts.length > before) {
      System.arraycopy(counts, before, all, before + 1, counts.length - before);
    }
    return all;
  }

  private static int size(int size) throws IOException {
    if (size < 0 || size > MAX_ROWS) {
      throw new IOException("window file with " + size + " rows");
    }
    return size;
  }

  private static PairResult pair(DataInputStream in, Interner shared, int form) throws IOException {
    Map<String, String> tags = new HashMap<>();
    for (int i = in.readUnsignedShort(); i > 0; i--) {
      tags.put(in.readUTF(), in.readUTF());
    }
    int[] counts = new int[in.readUnsignedShort()];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = in.readInt();
    }
    PairResult.@Nullable Rtt rtt = null;
    if (in.readBoolean()) {
      rtt =
          new PairResult.Rtt(
              in.readDouble(),
              in.readLong(),
              in.readLong(),
              in.readLong(),
              in.readLong(),
              in.readLong(),
              in.readDouble());
    }
    double residence = in.readDouble();
    int count = in.readUnsignedShort();
    List<PairResult.Path> paths = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      paths.add(
          new PairResult.Path(
              in.readInt(), in.readInt(), in.readInt(), in.readInt(), in.readDouble()));
    }
    try {
      PathFacts facts = new PathFacts(in.readInt(), in.readByte(), in.readByte());
      int[] all = form == FORM ? counts : withStalls(counts);
      return PairResult.restored(shared.tags(tags), all, rtt, residence, paths, facts);
    } catch (IllegalArgumentException e) {
      throw new IOException("window file of another form", e);
    }
  }
}
