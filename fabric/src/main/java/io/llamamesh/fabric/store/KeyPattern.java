package io.llamamesh.fabric.store;

import java.util.List;

/**
 * Pattern of keys: parts as in a {@link Key}, where {@code *} stands for any one part, and {@code
 * **} as the last part for one or more. So {@code a/*}{@code /c} matches {@code a/b/c} but neither
 * {@code a/c} nor {@code a/b/d/c}, and {@code **} matches every key.
 */
public final class KeyPattern {

  private static final String ANY = "*";
  private static final String ANY_REST = "**";

  private final String text;
  private final List<String> parts;

  private KeyPattern(String text, List<String> parts) {
    this.text = text;
    this.parts = parts;
  }

  /**
   * The pattern that is written so.
   *
   * @throws IllegalArgumentException when it is none; the message says why
   */
  public static KeyPattern of(String text) {
    List<String> parts = Key.split(text);
    if (parts.size() > Key.MAX_PARTS || text.length() > Key.MAX_BYTES) {
      throw new IllegalArgumentException("pattern longer than any key");
    }
    for (int i = 0; i < parts.size(); i++) {
      String part = parts.get(i);
      boolean last = i == parts.size() - 1;
      if (part.isEmpty()) {
        throw new IllegalArgumentException("pattern with an empty part");
      }
      if (part.contains(ANY) && !part.equals(ANY) && !(last && part.equals(ANY_REST))) {
        throw new IllegalArgumentException(
            "in a pattern * stands for a whole part, and ** for the rest");
      }
    }
    return new KeyPattern(text, parts);
  }

  /** True when the key is of this pattern. */
  public boolean matches(Key key) {
    List<String> names = key.parts();
    boolean open = parts.getLast().equals(ANY_REST);
    if (open ? names.size() < parts.size() : names.size() != parts.size()) {
      return false;
    }
    for (int i = 0; i < (open ? parts.size() - 1 : parts.size()); i++) {
      if (!parts.get(i).equals(ANY) && !parts.get(i).equals(names.get(i))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return text;
  }
}
