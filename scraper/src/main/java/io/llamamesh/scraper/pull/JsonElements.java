package io.llamamesh.scraper.pull;

import java.io.IOException;

/**
 * Cursor over the elements of a JSON list that does not parse them, so that one malformed element
 * does not hide the next. It requires only that strings and brackets are closed. For UTF-8, in
 * which no byte of a longer character is ASCII.
 */
final class JsonElements {
  private final byte[] json;
  private int at;
  private int from;
  private int to;
  private boolean begun;
  private boolean ended;

  JsonElements(byte[] json) {
    this.json = json;
  }

  /**
   * Advances to the next element.
   *
   * @return false behind the last one
   * @throws IOException if the input is no list, or has no end
   */
  boolean next() throws IOException {
    if (!begun) {
      begun = true;
      begin();
    }
    if (ended) {
      return false;
    }
    skipSpace();
    from = at;
    int depth = 0;
    boolean text = false;
    for (; at < json.length; at++) {
      byte c = json[at];
      if (text) {
        if (c == '\\') {
          at++;
        } else if (c == '"') {
          text = false;
        }
      } else if (c == '"') {
        text = true;
      } else if (c == '{' || c == '[') {
        depth++;
      } else if (depth == 0 && (c == ',' || c == ']')) {
        to = at++;
        ended = c == ']';
        // A list of nothing has no element, and neither has what follows its last comma.
        return !(ended && from == to);
      } else if (c == '}' || c == ']') {
        depth = Math.max(0, depth - 1);
      }
    }
    throw new IOException("answer ends in the middle of a list");
  }

  /** Offset of the element's first byte. */
  int from() {
    return from;
  }

  /** Length of the element, bytes. */
  int length() {
    return to - from;
  }

  private void begin() throws IOException {
    skipSpace();
    if (at == json.length || json[at] != '[') {
      boolean other = at < json.length && (json[at] == '{' || json[at] == '"');
      throw new IOException(other ? "answer is not a list of points" : "answer is not JSON");
    }
    at++;
  }

  private void skipSpace() {
    while (at < json.length && json[at] <= ' ' && json[at] >= 0) {
      at++;
    }
  }
}
