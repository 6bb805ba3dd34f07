package io.llamamesh.fabric.store;

import io.llamamesh.fabric.codec.ByteReader;
import io.llamamesh.fabric.codec.ByteWriter;
import io.llamamesh.fabric.codec.CodecException;
import java.util.ArrayList;
import java.util.List;

/**
 * Messages between stores. Anti-entropy goes: A sends a summary; B answers that it is equal, or
 * with the first page of its keys in the buckets that differ; A wants what it lacks, offers what B
 * lacks, and asks for the next page; what is wanted comes in parts.
 */
sealed interface StoreMessage {

  /** Bytes of the largest message to a neighbour. */
  int MAX_BYTES = 320 << 10;

  /** Bytes of the largest message to all. */
  int MAX_MULTICAST_BYTES = 60 << 10;

  /** Bytes of deltas that fit into a message to all. */
  int MAX_DELTA_BYTES = MAX_MULTICAST_BYTES - 16;

  /** Bytes of a page of keys, without its last one. */
  int PAGE_BYTES = 128 << 10;

  /** Bytes of a part of a value. */
  int PART_BYTES = 256 << 10;

  /** Keys in one {@link Want}. */
  int MAX_WANTED = 256;

  int VERSION = 1;

  /**
   * Hashes of all that a store holds, by bucket of keys.
   *
   * @param number of the summary, for the answer
   * @param buckets one hash for each of {@link Digest#BUCKETS}
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared, never changed.
  record Summary(long number, long[] buckets) implements StoreMessage {}

  /**
   * A summary is the same here.
   *
   * @param number of the summary
   */
  record Equal(long number) implements StoreMessage {}

  /**
   * A request for the next page.
   *
   * @param buckets bits of the buckets that differ
   * @param after last key of the page before
   */
  record NextPage(long buckets, String after) implements StoreMessage {}

  /**
   * Keys of the buckets that differ, in order.
   *
   * @param buckets bits of the buckets that differ
   * @param after keys up to this one were on earlier pages; empty for the first page
   * @param entries the keys
   * @param last true when there is no further page
   */
  record Page(long buckets, String after, List<Offered> entries, boolean last)
      implements StoreMessage {}

  /**
   * Keys that the sender has and the receiver may want.
   *
   * @param entries the keys
   */
  record Offer(List<Offered> entries) implements StoreMessage {}

  /**
   * Keys that the sender wants.
   *
   * @param keys the keys
   */
  record Want(List<String> keys) implements StoreMessage {}

  /**
   * Part of an encoded value.
   *
   * @param key the key
   * @param hash of the whole value
   * @param index place of this part, from 0
   * @param count number of parts
   * @param bytes the part
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared, never changed.
  record Part(String key, long hash, int index, int count, byte[] bytes) implements StoreMessage {}

  /**
   * The changes of operations.
   *
   * @param deltas the changes
   */
  record Deltas(List<Delta> deltas) implements StoreMessage {}

  /**
   * A key and its version.
   *
   * @param key the key
   * @param hash of its value
   * @param bytes size of its value
   */
  record Offered(String key, long hash, int bytes) {

    static Offered of(String key, Entry entry) {
      return new Offered(key, entry.hash(), entry.encoded().length);
    }

    /** At least as many bytes as this takes in a message. */
    int maxBytes() {
      return 3 * key.length() + 16;
    }
  }

  /**
   * The change of one operation.
   *
   * @param key the key
   * @param bytes an encoded document
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared, never changed.
  record Delta(String key, byte[] bytes) {

    /** At least as many bytes as this takes in a message. */
    int maxBytes() {
      return 3 * key.length() + bytes.length + 16;
    }
  }

  /** Bytes of a message. */
  static byte[] encode(StoreMessage message) {
    ByteWriter out = new ByteWriter();
    out.writeByte(VERSION);
    switch (message) {
      case Summary(long number, long[] buckets) -> {
        out.writeByte(1);
        out.writeLong(number);
        for (long bucket : buckets) {
          out.writeLong(bucket);
        }
      }
      case Equal(long number) -> {
        out.writeByte(2);
        out.writeLong(number);
      }
      case NextPage(long buckets, String after) -> {
        out.writeByte(3);
        out.writeLong(buckets);
        out.writeText(after);
      }
      case Page(long buckets, String after, List<Offered> entries, boolean last) -> {
        out.writeByte(4);
        out.writeLong(buckets);
        out.writeText(after);
        out.writeByte(last ? 1 : 0);
        writeOffered(out, entries);
      }
      case Offer(List<Offered> entries) -> {
        out.writeByte(5);
        writeOffered(out, entries);
      }
      case Want(List<String> keys) -> {
        out.writeByte(6);
        out.writeVarint(keys.size());
        keys.forEach(out::writeText);
      }
      case Part(String key, long hash, int index, int count, byte[] bytes) -> {
        out.writeByte(7);
        out.writeText(key);
        out.writeLong(hash);
        out.writeVarint(index);
        out.writeVarint(count);
        out.writeBytes(bytes);
      }
      case Deltas(List<Delta> deltas) -> {
        out.writeByte(8);
        out.writeVarint(deltas.size());
        for (Delta delta : deltas) {
          out.writeText(delta.key());
          out.writeBytes(delta.bytes());
        }
      }
    }
    return out.toBytes();
  }

  private static void writeOffered(ByteWriter out, List<Offered> entries) {
    out.writeVarint(entries.size());
    for (Offered entry : entries) {
      out.writeText(entry.key());
      out.writeLong(entry.hash());
      out.writeVarint(entry.bytes());
    }
  }

  /**
   * The message that was encoded.
   *
   * @throws CodecException when the bytes are no message, of another version, or break a bound
   */
  static StoreMessage decode(byte[] bytes) throws CodecException {
    if (bytes.length > MAX_BYTES) {
      throw new CodecException("message of " + bytes.length + " bytes");
    }
    ByteReader in = new ByteReader(bytes);
    int version = in.readByte();
    if (version != VERSION) {
      throw new CodecException("message of version " + version + ", known is " + VERSION);
    }
    int type = in.readByte();
    StoreMessage message =
        switch (type) {
          case 1 -> {
            long number = in.readLong();
            long[] buckets = new long[Digest.BUCKETS];
            for (int i = 0; i < buckets.length; i++) {
              buckets[i] = in.readLong();
            }
            yield new Summary(number, buckets);
          }
          case 2 -> new Equal(in.readLong());
          case 3 -> new NextPage(in.readLong(), in.readText(Key.MAX_BYTES));
          case 4 -> {
            long buckets = in.readLong();
            String after = in.readText(Key.MAX_BYTES);
            boolean last = in.readByte() == 1;
            yield new Page(buckets, after, readOffered(in), last);
          }
          case 5 -> new Offer(readOffered(in));
          case 6 -> {
            List<String> keys = new ArrayList<>();
            int count = in.readCount(MAX_WANTED);
            for (int i = 0; i < count; i++) {
              keys.add(in.readText(Key.MAX_BYTES));
            }
            yield new Want(keys);
          }
          case 7 ->
              new Part(
                  in.readText(Key.MAX_BYTES),
                  in.readLong(),
                  (int) in.readVarint(1 << 12),
                  (int) in.readVarint(1 << 12),
                  in.readBytes(PART_BYTES));
          case 8 -> {
            List<Delta> deltas = new ArrayList<>();
            int count = in.readCount(MAX_MULTICAST_BYTES);
            for (int i = 0; i < count; i++) {
              deltas.add(new Delta(in.readText(Key.MAX_BYTES), in.readBytes(MAX_MULTICAST_BYTES)));
            }
            yield new Deltas(deltas);
          }
          default -> throw new CodecException("unknown message " + type);
        };
    in.expectEnd();
    return message;
  }

  private static List<Offered> readOffered(ByteReader in) throws CodecException {
    List<Offered> entries = new ArrayList<>();
    int count = in.readCount(PAGE_BYTES);
    for (int i = 0; i < count; i++) {
      entries.add(
          new Offered(
              in.readText(Key.MAX_BYTES), in.readLong(), (int) in.readVarint(Integer.MAX_VALUE)));
    }
    return entries;
  }
}
