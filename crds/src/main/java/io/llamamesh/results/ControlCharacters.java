package io.llamamesh.results;

/**
 * Texts without characters that do something where they are shown: a line break forges a line of a
 * log, an escape a colour of a terminal, a direction mark another name.
 *
 * <p>Everything that others wrote passes here where it comes in.
 */
public final class ControlCharacters {
  private static final char REPLACEMENT = '\uFFFD';
  private static final char DELETE = '\u007f';

  private ControlCharacters() {}

  /**
   * The text with U+FFFD for each control, format, line or paragraph separator and half of a
   * surrogate pair (Unicode's categories Cc, Cf, Zl, Zp, Cs); the same object where it has none.
   */
  public static String replaced(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c >= DELETE) {
        return anyReplaced(text);
      }
    }
    return text;
  }

  private static String anyReplaced(String text) {
    StringBuilder replaced = new StringBuilder(text.length());
    boolean changed = false;
    for (int at = 0; at < text.length(); ) {
      int point = text.codePointAt(at);
      boolean acts = acts(point);
      replaced.appendCodePoint(acts ? REPLACEMENT : point);
      changed |= acts;
      at += Character.charCount(point);
    }
    return changed ? replaced.toString() : text;
  }

  private static boolean acts(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      default -> false;
    };
  }
}
