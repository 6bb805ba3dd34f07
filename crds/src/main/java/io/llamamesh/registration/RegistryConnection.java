package io.llamamesh.registration;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Requests to one server, each on a connection of its own, at whichever of its addresses answers.
 * The JDK's clients try the first address of a name only, and a host with one family, or with a
 * dead first address, would never register.
 *
 * <p>Bounded: a request takes ten seconds at most beside the look-up of the name, an answer has
 * four megabytes at most. Not thread-safe.
 */
public final class RegistryConnection {
  private static final Duration WHOLE = Duration.ofSeconds(10);
  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final int MAX_ADDRESSES = 8;
  private static final int MAX_LINE = 8 << 10;
  private static final int MAX_HEADERS = 64;
  private static final int MAX_BODY = 4 << 20;
  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;

  private final URI server;
  private final @Nullable SSLContext tls;
  private final Resolver resolver;
  private final LongSupplier nanos;
  private @Nullable InetAddress lastGood;
  private @Nullable InetAddress localAddress;

  /**
   * Those that did not answer since the last answer: one that only connects must not hide others.
   */
  private final Set<InetAddress> failed = new HashSet<>();

  /** Looks up names. */
  @FunctionalInterface
  public interface Resolver {
    InetAddress[] addresses(String host) throws UnknownHostException;
  }

  /**
   * An answer.
   *
   * @param headers by name in lower case; of a repeated one the last
   */
  @SuppressWarnings("ArrayRecordComponent") // Answers are read, never compared.
  public record Answer(int status, Map<String, String> headers, byte[] body) {}

  /**
   * @param tls trust for https; null: the JDK's
   */
  public RegistryConnection(
      URI server, @Nullable SSLContext tls, Resolver resolver, LongSupplier nanos) {
    this.server = server;
    this.tls = tls;
    this.resolver = resolver;
    this.nanos = nanos;
  }

  /**
   * Sends a request.
   *
   * @param target path and query
   * @throws IOException where no address answers, with the reason of each
   */
  public Answer send(String method, String target, Map<String, String> headers, byte[] body)
      throws IOException {
    long deadline = nanos.getAsLong() + WHOLE.toNanos();
    List<IOException> failures = new ArrayList<>();
    for (InetAddress address : addresses()) {
      if (left(deadline) <= 0) {
        break;
      }
      try {
        Answer answer = send(address, deadline, method, target, headers, body);
        lastGood = address;
        failed.clear();
        return answer;
      } catch (IOException e) {
        failed.add(address);
        failures.add(new IOException(address.getHostAddress() + ": " + words(e), e));
      }
    }
    IOException all =
        new IOException(
            "no answer from "
                + server.getHost()
                + ": "
                + String.join("; ", failures.stream().map(IOException::getMessage).toList()));
    failures.forEach(all::addSuppressed);
    throw all;
  }

  /** This host's address of the last connection; null before the first. */
  @Nullable InetAddress localAddress() {
    return localAddress;
  }

  private static String words(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  /** The one that answered last first, then the families in turns; those that failed last. */
  private List<InetAddress> addresses() throws UnknownHostException {
    String host = server.getHost();
    String plain = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    List<InetAddress> found = new ArrayList<>(Arrays.asList(resolver.addresses(plain)));
    List<InetAddress> ordered = new ArrayList<>();
    InetAddress good = lastGood;
    if (good != null && found.remove(good)) {
      ordered.add(good);
    }
    while (!found.isEmpty()) {
      InetAddress next = found.removeFirst();
      ordered.add(next);
      found.stream()
          .filter(other -> other.getClass() != next.getClass())
          .findFirst()
          .ifPresent(other -> {
            found.remove(other);
            ordered.add(other);
          });
    }
    failed.retainAll(ordered);
    if (failed.size() == ordered.size()) {
      failed.clear();
    }
    ordered.sort(Comparator.comparing(failed::contains));
    return ordered.subList(0, Math.min(ordered.size(), MAX_ADDRESSES));
  }

  private Answer send(
      InetAddress address,
      long deadline,
      String method,
      String target,
      Map<String, String> headers,
      byte[] body)
      throws IOException {
    boolean secure = server.getScheme().equalsIgnoreCase("https");
    int port = server.getPort() > 0 ? server.getPort() : secure ? HTTPS_PORT : HTTP_PORT;
    try (Socket plain = new Socket()) {
      plain.connect(
          new InetSocketAddress(address, port),
          (int) Math.min(CONNECT.toMillis(), millis(deadline)));
      plain.setSoTimeout(millis(deadline));
      try (Socket socket = secure ? secured(plain, port) : plain) {
        localAddress = plain.getLocalAddress();
        OutputStream out = socket.getOutputStream();
        out.write(head(method, target, headers, body).getBytes(StandardCharsets.ISO_8859_1));
        out.write(body);
        out.flush();
        return read(new BufferedInputStream(new Timed(socket, deadline)));
      }
    }
  }

  private Socket secured(Socket plain, int port) throws IOException {
    String host = server.getHost();
    try {
      SSLContext context = tls == null ? SSLContext.getDefault() : tls;
      SSLSocket socket =
          (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true);
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      if (host.indexOf(':') < 0 && !host.matches("[0-9.]+")) {
        parameters.setServerNames(List.of(new SNIHostName(host)));
      }
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      return socket;
    } catch (NoSuchAlgorithmException e) {
      throw new IOException("the JDK has no TLS", e);
    }
  }

  private String head(String method, String target, Map<String, String> headers, byte[] body) {
    StringBuilder head = new StringBuilder(method).append(' ').append(target);
    head.append(" HTTP/1.1\r\nHost: ").append(server.getHost());
    if (server.getPort() > 0) {
      head.append(':').append(server.getPort());
    }
    head.append("\r\nConnection: close\r\nUser-Agent: llama-mesh\r\n");
    if (body.length > 0) {
      head.append("Content-Length: ").append(body.length).append("\r\n");
    }
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    return head.append("\r\n").toString();
  }

  private static Answer read(InputStream in) throws IOException {
    int status;
    Map<String, String> headers;
    do {
      String line = line(in);
      String[] words = line.split(" ", 3);
      if (words.length < 2 || !words[0].startsWith("HTTP/1.") || !words[1].matches("[1-5]..")) {
        throw new IOException("it does not speak HTTP");
      }
      status = Integer.parseInt(words[1]);
      headers = headers(in);
    } while (status < 200);
    if (status == 204 || status == 304) {
      return new Answer(status, headers, new byte[0]);
    }
    if (headers
        .getOrDefault("transfer-encoding", "")
        .toLowerCase(Locale.ROOT)
        .contains("chunked")) {
      return new Answer(status, headers, chunks(in));
    }
    String length = headers.get("content-length");
    if (length == null) {
      byte[] body = in.readNBytes(MAX_BODY + 1);
      return new Answer(status, headers, checked(body, body.length));
    }
    int size = checkedSize(length, 10);
    byte[] body = in.readNBytes(size);
    return new Answer(status, headers, checked(body, size));
  }

  private static byte[] checked(byte[] body, int size) throws IOException {
    if (body.length > MAX_BODY) {
      throw new IOException("its answer is longer than " + MAX_BODY + " bytes");
    }
    if (body.length < size) {
      throw new EOFException("its answer ended early");
    }
    return body;
  }

  private static int checkedSize(String text, int radix) throws IOException {
    try {
      long size = Long.parseLong(text.strip(), radix);
      if (size >= 0 && size <= MAX_BODY) {
        return (int) size;
      }
    } catch (NumberFormatException e) {
      throw new IOException("its answer has no length", e);
    }
    throw new IOException("its answer is longer than " + MAX_BODY + " bytes");
  }

  private static byte[] chunks(InputStream in) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      String line = line(in);
      int semicolon = line.indexOf(';');
      int size = checkedSize(semicolon < 0 ? line : line.substring(0, semicolon), 16);
      if (size == 0) {
        headers(in);
        return body.toByteArray();
      }
      checkedSize(Integer.toString(body.size() + size), 10);
      body.write(checked(in.readNBytes(size), size));
      line(in);
    }
  }

  private static Map<String, String> headers(InputStream in) throws IOException {
    Map<String, String> headers = new TreeMap<>();
    for (int i = 0; i <= MAX_HEADERS; i++) {
      String line = line(in);
      if (line.isEmpty()) {
        return headers;
      }
      int colon = line.indexOf(':');
      if (colon > 0) {
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
    }
    throw new IOException("its answer has more than " + MAX_HEADERS + " headers");
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    while (line.length() <= MAX_LINE) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("it closed the connection");
      }
      if (next == '\n') {
        int end = line.length();
        return line.substring(0, end > 0 && line.charAt(end - 1) == '\r' ? end - 1 : end);
      }
      line.append((char) next);
    }
    throw new IOException("its answer has a line of more than " + MAX_LINE + " characters");
  }

  private long left(long deadline) {
    return deadline - nanos.getAsLong();
  }

  /** What is left, as socket options want it: never 0, which would mean for ever. */
  private int millis(long deadline) throws SocketTimeoutException {
    long left = left(deadline);
    if (left <= 0) {
      throw new SocketTimeoutException("no answer within " + WHOLE.toSeconds() + " s");
    }
    return (int) Math.max(1, left / 1_000_000);
  }

  /** Reads until the deadline, however slowly the bytes come. */
  private final class Timed extends InputStream {
    private final Socket socket;
    private final InputStream in;
    private final long deadline;

    Timed(Socket socket, long deadline) throws IOException {
      this.socket = socket;
      this.in = socket.getInputStream();
      this.deadline = deadline;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      socket.setSoTimeout(millis(deadline));
      return in.read(bytes, offset, length);
    }
  }
}
