package io.llamamesh.local.page;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Passes connections on a port of this machine to the scraper's pod, as {@code kubectl
 * port-forward} would; while there is no such pod it answers that the mesh is starting.
 */
public final class PortForward implements AutoCloseable {
  private static final int MAX_CONNECTIONS = 256;
  private static final int CONNECT_TIMEOUT_MILLIS = 2_000;
  private static final int IDLE_TIMEOUT_MILLIS = 120_000;
  private static final byte[] STARTING = starting();

  private final ServerSocket server;
  private final Supplier<@Nullable InetSocketAddress> target;
  private final Semaphore free = new Semaphore(MAX_CONNECTIONS);
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final Thread acceptor;

  private PortForward(ServerSocket server, Supplier<@Nullable InetSocketAddress> target) {
    this.server = server;
    this.target = target;
    this.acceptor = Thread.ofPlatform().name("port-forward").daemon().start(this::accept);
  }

  /**
   * Binds 127.0.0.1 and begins.
   *
   * @param port TCP port; 0 takes a free one
   * @param target where connections go now; null while nobody is there
   * @throws IOException where the port is taken
   */
  public static PortForward open(int port, Supplier<@Nullable InetSocketAddress> target)
      throws IOException {
    ServerSocket server = new ServerSocket();
    try {
      server.setReuseAddress(true);
      server.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), 64);
      return new PortForward(server, target);
    } catch (IOException e) {
      server.close();
      throw e;
    }
  }

  /** The bound port. */
  public int port() {
    return server.getLocalPort();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        if (!free.tryAcquire()) {
          client.close();
          continue;
        }
        open.add(client);
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        if (server.isClosed()) {
          return;
        }
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      client.setSoTimeout(IDLE_TIMEOUT_MILLIS);
      InetSocketAddress address = target.get();
      try (Socket pod = new Socket()) {
        if (address == null) {
          answerStarting(client);
          return;
        }
        open.add(pod);
        try {
          pod.connect(address, CONNECT_TIMEOUT_MILLIS);
        } catch (IOException e) {
          answerStarting(client);
          return;
        }
        pod.setSoTimeout(IDLE_TIMEOUT_MILLIS);
        Thread back = Thread.ofVirtual().start(() -> copy(pod, client));
        copy(client, pod);
        back.join();
        open.remove(pod);
      }
    } catch (IOException e) {
      // The browser went away.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(client);
      free.release();
    }
  }

  /** Copies until one end closes, then closes that direction at the other. */
  private static void copy(Socket from, Socket to) {
    try (InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      in.transferTo(out);
    } catch (IOException e) {
      // Closed by either end: closing both streams, above, ends the other direction too.
    }
  }

  private static void answerStarting(Socket client) throws IOException {
    client.getOutputStream().write(STARTING);
  }

  private static byte[] starting() {
    String body =
        "<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=1><title>llama-mesh</title>"
            + "<p>The mesh is starting: the scraper is not there yet.";
    return ("HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html; charset=utf-8\r\nRetry-After: 1\r\n"
            + "Connection: close\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
    try {
      acceptor.join(1_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
