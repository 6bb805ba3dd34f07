package io.llamamesh.fabric.crdt;

import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Bounds of documents and of what is written into them. */
public final class DocumentLimits {

  /** Bytes of UTF-8 of a node's, field's or key part's name. */
  public static final int MAX_NAME_BYTES = 255;

  /** Bytes of UTF-8 of a register's value or a set's element. */
  public static final int MAX_TEXT_BYTES = 1 << 20;

  /** Maps within maps, the outermost included. */
  public static final int MAX_DEPTH = 8;

  /** Dots that an operation may leave in a document: its size in memory. */
  public static final int MAX_DOTS = 1 << 15;

  /** Dots that a document may have by joins. */
  static final int MAX_JOINED_DOTS = 1 << 17;

  /** Greatest time of an assignment, in ms; the year 144683. */
  static final long MAX_TIMESTAMP = 1L << 52;

  /** Greatest life; seconds since 1970 with 20 bits of chance below them end in the year 2242. */
  public static final long MAX_LIFE = 1L << 53;

  /** Lives of a node that are kept apart while a delta of one of them is missing. */
  static final int MAX_WAITING_LIVES = 8;

  /** Greatest number of a dot; a thousand writes a second reach it in 140,000 years. */
  public static final long MAX_EVENT = 1L << 52;

  private DocumentLimits() {}

  static void checkName(String name, String what) {
    int bytes = utf8Bytes(name, what);
    if (bytes == 0 || bytes > MAX_NAME_BYTES) {
      throw new IllegalArgumentException(
          what + "'s name has " + bytes + " bytes, allowed are 1 to " + MAX_NAME_BYTES);
    }
  }

  static void checkText(String text, String what) {
    int bytes = utf8Bytes(text, what);
    if (bytes > MAX_TEXT_BYTES) {
      throw new IllegalArgumentException(
          what + " has " + bytes + " bytes, allowed are " + MAX_TEXT_BYTES);
    }
  }

  /** Length as UTF-8; a lone surrogate has none and would not come back as it was. */
  private static int utf8Bytes(String text, String what) {
    try {
      return StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text)).remaining();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(what + " is not well-formed Unicode", e);
    }
  }
}
