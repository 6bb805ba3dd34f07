package io.llamamesh.results;

/**
 * Strings that come again and again, such as names of nodes, each once: text is looked up where it
 * was read, so that a known word costs nothing.
 *
 * <p>Bounded: a word may push another out, which is then made anew. Thread-safe without a lock:
 * strings are safe to publish by a race, and a lost race costs a copy.
 */
final class StringInterner {
  private static final int SIZE = 1 << 14;
  private static final int LONGEST = 64;

  private final String[] table = new String[SIZE];

  String intern(char[] text, int offset, int length) {
    if (length > LONGEST) {
      return ControlCharacters.replaced(new String(text, offset, length));
    }
    int hash = 0;
    for (int i = offset; i < offset + length; i++) {
      hash = 31 * hash + text[i];
    }
    int slot = (hash ^ hash >>> 14) & (SIZE - 1);
    String known = table[slot];
    if (known != null && same(known, text, offset, length)) {
      return known;
    }
    String word = ControlCharacters.replaced(new String(text, offset, length));
    table[slot] = word;
    return word;
  }

  private static boolean same(String word, char[] text, int offset, int length) {
    if (word.length() != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (word.charAt(i) != text[offset + i]) {
        return false;
      }
    }
    return true;
  }
}
