package io.llamamesh.fabric.store;

import io.llamamesh.fabric.codec.ByteReader;
import io.llamamesh.fabric.codec.ByteWriter;
import io.llamamesh.fabric.codec.CodecException;
import io.llamamesh.fabric.crdt.Document;
import io.llamamesh.fabric.crdt.DocumentCodec;
import java.util.HexFormat;

/**
 * A key's document, kept encoded: decoded it takes ten times the memory.
 *
 * @param encoded the document
 * @param hash of key and document
 * @param removedAt seconds since 1970 since when the document is empty, 0 while it is not
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared, never changed.
record Entry(byte[] encoded, long hash, long removedAt) {

  private static final long MAX_SECONDS = 1L << 40;

  static Entry of(String key, Document document, long nowSeconds) {
    byte[] encoded = DocumentCodec.encode(document);
    long removedAt = document.isEmpty() ? Math.clamp(nowSeconds, 1, MAX_SECONDS) : 0;
    return new Entry(encoded, Digest.hash(key, encoded), removedAt);
  }

  boolean isRemoved() {
    return removedAt > 0;
  }

  Document document() {
    try {
      return DocumentCodec.decode(encoded);
    } catch (CodecException e) {
      throw new IllegalStateException("an entry that was encoded here", e);
    }
  }

  byte[] toRecord() {
    ByteWriter out = new ByteWriter();
    out.writeVarint(removedAt);
    out.writeBytes(encoded);
    return out.toBytes();
  }

  static Entry ofRecord(String key, byte[] record) throws CodecException {
    ByteReader in = new ByteReader(record);
    long removedAt = in.readVarint(MAX_SECONDS);
    byte[] encoded = in.readBytes(record.length);
    in.expectEnd();
    boolean empty = DocumentCodec.decode(encoded).isEmpty();
    if (empty != removedAt > 0) {
      throw new CodecException("a record that contradicts itself");
    }
    return new Entry(encoded, Digest.hash(key, encoded), removedAt);
  }

  String version() {
    return HexFormat.of().toHexDigits(hash);
  }
}
