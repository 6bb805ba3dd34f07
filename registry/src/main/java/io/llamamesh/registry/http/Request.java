package io.llamamesh.registry.http;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request, apart from sockets. */
interface Request {
  /** GET, POST, … */
  String method();

  /** The path, still encoded. */
  String path();

  /** The query, still encoded; null without. */
  @Nullable String query();

  /** The values of a header in their order. */
  List<String> headers(String name);

  /** The other end of the connection. */
  InetAddress peer();

  /** The body as it comes. */
  InputStream body() throws IOException;

  /** The first value of a header; null without. */
  default @Nullable String header(String name) {
    List<String> values = headers(name);
    return values.isEmpty() ? null : values.getFirst();
  }
}
