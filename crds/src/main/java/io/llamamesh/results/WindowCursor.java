package io.llamamesh.results;

/**
 * A place in an agent's sequence of published windows: everything up to and with {@code sequence}
 * has been read.
 *
 * <p>Its text is {@code bootId:sequence}. An agent that does not know the boot id answers with
 * everything it retains.
 *
 * @param bootId names one life of an agent's window numbering: 1 to 64 of {@code [0-9a-zA-Z-]}
 * @param sequence number of the last window read; 0 before the first
 */
public record WindowCursor(String bootId, long sequence) {
  public WindowCursor {
    if (!bootId.matches("[0-9a-zA-Z-]{1,64}")) {
      throw new IllegalArgumentException(
          "cursor's boot id must be 1 to 64 letters, digits or '-', was '"
              + shortened(bootId)
              + "'");
    }
    if (sequence < 0) {
      throw new IllegalArgumentException("cursor's sequence must not be negative, was " + sequence);
    }
  }

  /**
   * Reads {@code bootId:sequence}.
   *
   * @throws IllegalArgumentException where the text is not of that form
   */
  public static WindowCursor parse(String text) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException(
          "cursor must be bootId:sequence, was '" + shortened(text) + "'");
    }
    try {
      return new WindowCursor(text.substring(0, colon), Long.parseLong(text.substring(colon + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "cursor's sequence must be a number, was '" + shortened(text) + "'", e);
    }
  }

  @Override
  public String toString() {
    return bootId + ":" + sequence;
  }

  private static String shortened(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "…";
  }
}
