package io.llamamesh.fabric.store;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Name of a value: 1 to {@value #MAX_PARTS} parts with slashes between them, {@value #MAX_BYTES}
 * bytes of UTF-8 in all. Parts are not empty and have no control characters and no {@code *}.
 *
 * @param text the parts with slashes
 */
public record Key(String text) implements Comparable<Key> {

  /** Bytes of a key. */
  public static final int MAX_BYTES = 512;

  /** Parts of a key. */
  public static final int MAX_PARTS = 8;

  private static final String OWNED = "node";

  /**
   * A key with its parts checked.
   *
   * @throws IllegalArgumentException when it is no key; the message says why
   */
  public Key {
    if (text.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
      throw new IllegalArgumentException("key of more than " + MAX_BYTES + " bytes");
    }
    List<String> parts = split(text);
    if (parts.size() > MAX_PARTS) {
      throw new IllegalArgumentException("key of more than " + MAX_PARTS + " parts");
    }
    for (String part : parts) {
      if (part.isEmpty()) {
        throw new IllegalArgumentException("key with an empty part");
      }
    }
    if (text.codePoints().anyMatch(Key::isForbidden)) {
      throw new IllegalArgumentException(
          "key with a control character, a lone surrogate or an asterisk");
    }
  }

  private static boolean isForbidden(int codePoint) {
    return Character.isISOControl(codePoint)
        || codePoint == '*'
        || Character.getType(codePoint) == Character.SURROGATE
        || Character.getType(codePoint) == Character.LINE_SEPARATOR
        || Character.getType(codePoint) == Character.PARAGRAPH_SEPARATOR;
  }

  /** The parts, in order. */
  public List<String> parts() {
    return split(text);
  }

  /**
   * The only node that may write this key, for {@code node/NAME/…}; empty when every node may.
   * {@code node} alone and {@code node/NAME} belong to nobody and are refused to all.
   */
  public Optional<String> owner() {
    List<String> parts = parts();
    if (!parts.getFirst().equals(OWNED)) {
      return Optional.empty();
    }
    return Optional.of(parts.size() < 3 ? "" : parts.get(1));
  }

  /** True when a node of that name may write this key. */
  public boolean mayBeWrittenBy(String node) {
    return owner().map(node::equals).orElse(true);
  }

  static List<String> split(String text) {
    return List.of(text.split("/", -1));
  }

  @Override
  public int compareTo(Key other) {
    return text.compareTo(other.text);
  }

  @Override
  public String toString() {
    return text;
  }
}
