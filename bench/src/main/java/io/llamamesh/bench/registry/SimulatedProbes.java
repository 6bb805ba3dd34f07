package io.llamamesh.bench.registry;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;

/**
 * Probes that register and ask for their config, each from an address of its own, which a proxy
 * names. Every request has a connection of its own, as those of both kinds of clients have. Belongs
 * to one thread.
 */
final class SimulatedProbes {
  /** Whose clients they are. */
  enum Client {
    /** Agents: a short answer to a registration, a config only when it has changed. */
    OURS,
    /** Llama-sd's probes: the whole directory as the answer, the whole config each time. */
    LLAMA_SD
  }

  private static final int TIMEOUT_MILLIS = 10_000;
  private static final int KEEPALIVE_SECONDS = 300;
  private static final int OK = 200;
  private static final int NOT_MODIFIED = 304;

  private final InetSocketAddress registry;
  private final Client client;
  private final String authorization;
  private final String[] tags;
  private final byte[] buffer = new byte[1 << 16];
  private long failures;
  private long unchanged;
  private String lastFailure = "";
  private long registerBytes;
  private long configBytes;

  /**
   * Probes that have not registered yet.
   *
   * @param port of the registry on loopback
   * @param token that it asks for
   */
  SimulatedProbes(int port, String token, Client client, int count) {
    this.registry = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    this.client = client;
    this.authorization =
        client == Client.OURS
            ? "Bearer " + token
            : "Basic "
                + Base64.getEncoder()
                    .encodeToString(("probe:" + token).getBytes(StandardCharsets.UTF_8));
    this.tags = new String[count];
  }

  int count() {
    return tags.length;
  }

  /** Answers that were none of those that the client counts on. */
  long failures() {
    return failures;
  }

  /** The last of those; empty where there was none. */
  String lastFailure() {
    return lastFailure;
  }

  /** Configs that had not changed. */
  long unchanged() {
    return unchanged;
  }

  /** Bytes of the latest answer to a registration. */
  long registerBytes() {
    return registerBytes;
  }

  /** Bytes of the latest config. */
  long configBytes() {
    return configBytes;
  }

  /** One probe registers, or renews, and asks for its config. */
  void round(int probe) throws IOException {
    register(probe);
    config(probe);
  }

  void register(int probe) throws IOException {
    String name = "probe-" + probe;
    String instance = client == Client.OURS ? "\"instance\":\"instance-" + name + "\"," : "";
    String body =
        ("{\"port\":8100,\"keepalive\":%d,%s\"tags\":{\"version\":\"1.1.0\","
                + "\"probe_shortname\":\"%s\",\"probe_name\":\"%s.site-%d.example\","
                + "\"site\":\"site-%d\",\"zone\":\"zone-%d\"},\"group\":\"wan\"}")
            .formatted(KEEPALIVE_SECONDS, instance, name, name, probe % 50, probe % 50, probe % 5);
    Answer answer =
        send(
            probe,
            "POST /api/v1/register",
            "Content-Type: application/json\r\nContent-Length: "
                + body.length()
                + "\r\n"
                + (client == Client.OURS ? "Prefer: return=minimal\r\n" : ""),
            body);
    registerBytes = answer.bytes();
    expect(answer, answer.status() == OK);
  }

  private void config(int probe) throws IOException {
    String known = tags[probe];
    String headers =
        client == Client.LLAMA_SD
            ? ""
            : "Llama-Instance: instance-probe-"
                + probe
                + "\r\n"
                + (known == null ? "" : "If-None-Match: " + known + "\r\n");
    Answer answer = send(probe, "GET /api/v1/config/wan?llamaport=8100", headers, "");
    boolean same = answer.status() == NOT_MODIFIED && known != null;
    expect(answer, same || (answer.status() == OK && answer.bytes() > 0));
    if (same) {
      unchanged++;
    } else if (answer.status() == OK) {
      configBytes = answer.bytes();
      tags[probe] = client == Client.OURS ? answer.etag() : "";
    }
  }

  private void expect(Answer answer, boolean good) {
    if (!good) {
      failures++;
      lastFailure = "status " + answer.status();
    }
  }

  /**
   * An answer.
   *
   * @param bytes of its body
   * @param etag empty where it has none
   */
  private record Answer(int status, long bytes, String etag) {}

  private Answer send(int probe, String request, String headers, String body) throws IOException {
    String head =
        "%s HTTP/1.1\r\nHost: registry\r\nConnection: close\r\nX-Forwarded-For: 198.18.%d.%d\r\nAuthorization: %s\r\n%s\r\n"
            .formatted(request, probe / 250, probe % 250 + 1, authorization, headers);
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.connect(registry, TIMEOUT_MILLIS);
      socket.getOutputStream().write((head + body).getBytes(StandardCharsets.US_ASCII));
      return read(socket.getInputStream());
    }
  }

  /** The body is counted only: what is measured here is the other side. */
  private Answer read(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int end = -1;
    long bytes = 0;
    int read;
    while ((read = in.read(buffer)) >= 0) {
      if (end >= 0) {
        bytes += read;
        continue;
      }
      head.write(buffer, 0, read);
      String text = head.toString(StandardCharsets.ISO_8859_1);
      end = text.indexOf("\r\n\r\n");
      if (end >= 0) {
        bytes = head.size() - end - 4L;
      }
    }
    String text = head.toString(StandardCharsets.ISO_8859_1);
    if (end < 0 || !text.startsWith("HTTP/1.1 ")) {
      throw new IOException("the registry gave no answer: " + text);
    }
    String etag =
        text.substring(0, end)
            .lines()
            .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("etag:"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst()
            .orElse("");
    return new Answer(Integer.parseInt(text.substring(9, 12)), bytes, etag);
  }
}
