package io.llamamesh.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import javax.net.ssl.SSLContext;

/**
 * The JDK's HTTP server with bounds on connections, request heads and time, so that clients without
 * a token cannot fill the heap: {@code maxConnections() × CONNECTION_BYTES} is an eighth of it.
 *
 * <p>The JDK's server has no bounds of its own but these system properties, which it reads once,
 * when its first server is made (JDK 25, {@code sun.net.httpserver.ServerConfig}). They hold for
 * each server by itself. What was set before stays, so that they can be changed by {@code -D}.
 *
 * <ul>
 *   <li>Beyond {@code jdk.httpserver.maxConnections} a connection is closed as soon as it is
 *       accepted.
 *   <li>Of the open ones half may be idle between two requests ({@code maxIdleConnections}), for 30
 *       seconds; others are closed with their answer.
 *   <li>A request line and its fields have at most {@value #MAX_HEAD_BYTES} bytes, where each field
 *       counts 32 more (RFC 9113, 6.5.2), and at most {@value #MAX_FIELDS} fields; a longer one is
 *       cut off without an answer.
 *   <li>Head and body are read within {@value #MAX_REQUEST_SECONDS} s; the answer is made and taken
 *       within {@value #MAX_RESPONSE_SECONDS} s.
 * </ul>
 */
public final class BoundedHttpServer {
  /** Most bytes of a request line and its fields. */
  public static final int MAX_HEAD_BYTES = 16 << 10;

  /** Most fields of a request. */
  public static final int MAX_FIELDS = 100;

  /** From the first byte of a request to its last. */
  public static final int MAX_REQUEST_SECONDS = 10;

  /** From the last byte of a request to that of its answer. */
  public static final int MAX_RESPONSE_SECONDS = 60;

  /**
   * Most heap that a connection takes while its head is read: the head as characters (twice its
   * bytes), while that array grows (once more), as strings (once), and 28 KiB of stream buffers.
   */
  static final int CONNECTION_BYTES = 4 * MAX_HEAD_BYTES + (32 << 10);

  private static final int HEAP_SHARE = 8;
  private static final int FEWEST_CONNECTIONS = 32;
  private static final int MOST_CONNECTIONS = 256;

  /** Interval at which idle connections are looked through, in milliseconds. */
  private static final int IDLE_TICK_MILLIS = 5_000;

  static {
    int connections = maxConnections(Runtime.getRuntime().maxMemory());
    preset("jdk.httpserver.maxConnections", connections);
    preset("sun.net.httpserver.maxIdleConnections", connections / 2);
    preset("sun.net.httpserver.clockTick", IDLE_TICK_MILLIS);
    preset("sun.net.httpserver.maxReqHeaderSize", MAX_HEAD_BYTES);
    preset("sun.net.httpserver.maxReqHeaders", MAX_FIELDS);
    preset("sun.net.httpserver.maxReqTime", MAX_REQUEST_SECONDS);
    preset("sun.net.httpserver.maxRspTime", MAX_RESPONSE_SECONDS);
  }

  private BoundedHttpServer() {}

  /**
   * Binds a server, which is the caller's to start and to stop.
   *
   * @param backlog connections that wait to be accepted; 0 for the system's default
   * @throws IOException where the address cannot be bound
   */
  public static HttpServer create(InetSocketAddress address, int backlog) throws IOException {
    return HttpServer.create(address, backlog);
  }

  /**
   * Binds a server of HTTPS, which is the caller's to start and to stop. A handshake has as long as
   * a request. Buffers and keys of TLS take a connection's share of the heap once more.
   *
   * @param backlog connections that wait to be accepted; 0 for the system's default
   * @throws IOException where the address cannot be bound
   */
  public static HttpsServer createSecure(InetSocketAddress address, int backlog, SSLContext tls)
      throws IOException {
    HttpsServer server = HttpsServer.create(address, backlog);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    return server;
  }

  /**
   * Ends the connection with the answer where it refuses a request whose body may not be read to
   * its end; to be called before the answer's headers are sent. The JDK's server reads some of the
   * rest after the answer, and ends the connection without a word where there is more, so that the
   * client's next request is lost; over TLS it may take that request out of the socket with the
   * rest, and then notices it only when the connection was idle for too long (JDK 25).
   *
   * @param status the answer's
   */
  public static void closeAfterRefusal(HttpExchange exchange, int status) {
    String method = exchange.getRequestMethod();
    if (status >= 400 && !method.equals("GET") && !method.equals("HEAD")) {
      closeAfterAnswer(exchange);
    }
  }

  /** Ends the connection with the answer; to be called before the answer's headers are sent. */
  public static void closeAfterAnswer(HttpExchange exchange) {
    exchange.getResponseHeaders().set("Connection", "close");
  }

  /** Connections of one server that fit into an eighth of a heap. */
  static int maxConnections(long heapBytes) {
    return Math.clamp(
        heapBytes / HEAP_SHARE / CONNECTION_BYTES, FEWEST_CONNECTIONS, MOST_CONNECTIONS);
  }

  private static void preset(String property, int value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, Integer.toString(value));
    }
  }
}
