package io.llamamesh.agent.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * An answer.
 *
 * @param headers beside Content-Type
 */
record Reply(int status, String contentType, Map<String, String> headers, Body body) {

  static final String JSON = "application/json";

  /** Writer of the body; called once. */
  @FunctionalInterface
  interface Body {
    void write(OutputStream out) throws IOException;
  }

  Reply {
    headers = Map.copyOf(headers);
  }

  static Reply text(int status, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new Reply(status, "text/plain; charset=utf-8", Map.of(), out -> out.write(bytes));
  }

  static Reply json(int status, Map<String, String> headers, Body body) {
    return new Reply(status, JSON, headers, body);
  }
}
