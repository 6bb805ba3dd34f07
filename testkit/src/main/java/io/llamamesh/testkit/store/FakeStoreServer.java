package io.llamamesh.testkit.store;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Fake store that answers byte by byte what a test scripts: any status, any body, or none at all.
 */
public final class FakeStoreServer implements AutoCloseable {
  private final ServerSocket server;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile Script script = request -> Reply.of(204, "");

  /**
   * A request as it came.
   *
   * @param target path and query
   * @param headers by names in lower case
   * @param lines lines of its body, unzipped
   */
  public record Request(
      String method, String target, Map<String, String> headers, List<String> lines) {
    /** Whether it is a write. */
    public boolean isWrite() {
      return target.startsWith("/write") || target.startsWith("/api/v2/write");
    }
  }

  /** Decides what a request is answered with. */
  @FunctionalInterface
  public interface Script {
    Reply answer(Request request) throws IOException;
  }

  /**
   * What is sent back, and what happens then.
   *
   * @param bytes each a character of ISO 8859-1
   */
  public record Reply(String bytes, Ending ending) {
    /** How an answer ends. */
    public enum Ending {
      /** The connection stays, for the next request. */
      KEPT,
      /** Nothing more comes, and the connection stays open. */
      HANGS,
      /** The connection is reset. */
      RESET,
      /** The body never ends. */
      ENDLESS
    }

    /** An answer with a length, as stores give it. */
    public static Reply of(int status, String body, String... headers) {
      return of(status, body.getBytes(StandardCharsets.UTF_8), headers);
    }

    /** An answer with a body of bytes. */
    public static Reply of(int status, byte[] body, String... headers) {
      StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " Status\r\n");
      for (String header : headers) {
        head.append(header).append("\r\n");
      }
      if (status != 204) {
        head.append("Content-Length: ").append(body.length).append("\r\n");
      }
      head.append("\r\n");
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      bytes.writeBytes(head.toString().getBytes(StandardCharsets.ISO_8859_1));
      bytes.writeBytes(body);
      return new Reply(bytes.toString(StandardCharsets.ISO_8859_1), Ending.KEPT);
    }

    /** An answer whose body is zipped. */
    public static Reply zipped(int status, String body) throws IOException {
      ByteArrayOutputStream zipped = new ByteArrayOutputStream();
      try (GZIPOutputStream zip = new GZIPOutputStream(zipped)) {
        zip.write(body.getBytes(StandardCharsets.UTF_8));
      }
      return of(status, zipped.toByteArray(), "Content-Encoding: gzip");
    }

    /** The beginning of an answer, and then that. */
    public static Reply begun(String start, Ending ending) {
      return new Reply(start, ending);
    }
  }

  /** Listens on a free port of this host alone. */
  public FakeStoreServer() throws IOException {
    this(InetAddress.getLoopbackAddress());
  }

  /** Listens on a free port of an address. */
  public FakeStoreServer(InetAddress address) throws IOException {
    server = new ServerSocket(0, 50, address);
    Thread.ofVirtual().name("scripted-store").start(this::accept);
  }

  /** Answers by that from now on. */
  public void script(Script next) {
    script = next;
  }

  public String url() {
    String address = server.getInetAddress().getHostAddress();
    return "http://"
        + (address.contains(":") ? "[" + address + "]" : address)
        + ":"
        + server.getLocalPort();
  }

  /** All requests so far. */
  public List<Request> requests() {
    return requests;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        open.add(socket);
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      OutputStream out = socket.getOutputStream();
      while (true) {
        Request request = read(in);
        requests.add(request);
        Reply reply = script.answer(request);
        out.write(reply.bytes().getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
        switch (reply.ending()) {
          case KEPT -> {}
          case HANGS -> {
            closed.await();
            return;
          }
          case RESET -> {
            if (!reply.bytes().isEmpty()) {
              // What was sent shall arrive before the reset does.
              var _ = closed.await(50, TimeUnit.MILLISECONDS);
            }
            socket.setSoLinger(true, 0);
            return;
          }
          case ENDLESS -> {
            while (closed.getCount() > 0) {
              out.write("and so on, ".repeat(100).getBytes(StandardCharsets.US_ASCII));
            }
          }
        }
      }
    } catch (IOException e) {
      // Whoever asked has gone.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(socket);
    }
  }

  private static Request read(InputStream in) throws IOException {
    String[] first = line(in).split(" ", 3);
    Map<String, String> headers = new TreeMap<>();
    String header = line(in);
    while (!header.isEmpty()) {
      int colon = header.indexOf(':');
      headers.put(
          header.substring(0, colon).toLowerCase(Locale.ROOT), header.substring(colon + 1).strip());
      header = line(in);
    }
    byte[] body = in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
    if ("gzip".equals(headers.get("content-encoding"))) {
      body = new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes();
    }
    return new Request(
        first[0], first[1], headers, new String(body, StandardCharsets.UTF_8).lines().toList());
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    int c = in.read();
    while (c != '\n') {
      if (c < 0) {
        throw new EOFException("no more requests");
      }
      if (c != '\r') {
        line.append((char) c);
      }
      c = in.read();
    }
    return line.toString();
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      server.close();
      for (Socket socket : open) {
        socket.close();
      }
    } catch (IOException e) {
      // It is closed as well as it can be.
    }
  }
}
