package io.llamamesh.registry.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.llamamesh.registry.directory.AddressBlock;
import io.llamamesh.registry.directory.Registry;
import io.llamamesh.registry.directory.RegistryListener;
import io.llamamesh.registry.directory.RegistrySettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A registry on a loopback port with a clock that stands, asked over sockets. */
final class RunningRegistry implements AutoCloseable {
  static {
    limitRequests();
  }

  private final RegistryServer server;
  private final Registry registry;

  /** What a socket gave back. */
  record Response(String head, String body) {
    int status() {
      return Integer.parseInt(head.split(" ", 3)[1]);
    }

    @Nullable String header(String name) {
      return head.lines()
          .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
          .map(line -> line.substring(name.length() + 1).strip())
          .findFirst()
          .orElse(null);
    }
  }

  RunningRegistry(
      RegistrySettings settings,
      AccessTokens tokens,
      List<String> proxies,
      int requestsPerMinute,
      @Nullable SSLContext tls)
      throws IOException {
    registry =
        new Registry(
            settings,
            System::nanoTime,
            () -> LocalDateTime.of(2026, 11, 29, 5, 40, 50, 45_404_000),
            RegistryListener.NONE);
    server = RegistryServer.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), tls);
    server.start(
        registry,
        new RegistryMetrics(registry, InstantSource.fixed(Instant.parse("2026-11-29T05:41:45Z"))),
        new RegistryServer.Access(
            tokens,
            new TrustedProxies(proxies.stream().map(AddressBlock::parse).toList()),
            requestsPerMinute),
        System::nanoTime);
  }

  RunningRegistry() throws IOException {
    this(RegistrySettings.DEFAULT, AccessTokens.open(), List.of(), 100_000, null);
  }

  static RunningRegistry behind(String... proxies) throws IOException {
    return new RunningRegistry(
        RegistrySettings.DEFAULT, AccessTokens.open(), List.of(proxies), 100_000, null);
  }

  Registry registry() {
    return registry;
  }

  int port() {
    return server.address().getPort();
  }

  Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port());
    socket.setSoTimeout(20_000);
    return socket;
  }

  /** As in the program, but for a shorter patience; before the JDK's server is first used. */
  static void limitRequests() {
    System.setProperty("sun.net.httpserver.maxReqTime", "3");
  }

  /** Sends bytes as they are, and reads one answer. */
  Response send(String bytes) throws IOException {
    try (Socket socket = connect()) {
      socket.getOutputStream().write(bytes.getBytes(UTF_8));
      socket.getOutputStream().flush();
      return read(socket.getInputStream());
    }
  }

  Response get(String path, String... headers) throws IOException {
    return send(request("GET", path, "", headers));
  }

  Response register(String json, String... headers) throws IOException {
    return send(request("POST", "/api/v1/register", json, headers));
  }

  static String request(String method, String path, String body, String... headers) {
    StringBuilder request = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: r\r\n");
    if (method.equals("POST")) {
      request.append("Content-Type: application/json\r\nContent-Length: ");
      request.append(body.getBytes(UTF_8).length).append("\r\n");
    }
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    return request + "\r\n" + body;
  }

  static Response read(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("closed after '" + head.toString(ISO_8859_1) + "'");
      }
      head.write(next);
    }
    Response response = new Response(head.toString(ISO_8859_1), "");
    String length = response.header("Content-Length");
    byte[] body = in.readNBytes(length == null ? 0 : Integer.parseInt(length));
    return new Response(response.head(), new String(body, UTF_8));
  }

  /** Reads until the server has ended the connection; fails where our patience ends before. */
  static void awaitEnd(Socket socket) throws IOException {
    try {
      socket.getInputStream().readAllBytes();
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (SocketException e) {
      // It ended by a reset, since it had not read all that we sent.
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
