package io.llamamesh.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** A way to a server that fails as networks do. */
public final class TcpProxy implements AutoCloseable {
  private final InetSocketAddress server;
  private final List<Connection> connections = new CopyOnWriteArrayList<>();
  private final int port;
  private @Nullable ServerSocket listener;
  private volatile boolean silent;

  /** Listens on a free port of the loopback address. */
  public TcpProxy(URI server) throws IOException {
    this.server = new InetSocketAddress(server.getHost(), server.getPort());
    ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    port = socket.getLocalPort();
    listen(socket);
  }

  /** On 127.0.0.1. */
  public int port() {
    return port;
  }

  /** Connections that are open now go on, but nothing passes through them any more. */
  public void halfOpen() {
    connections.forEach(c -> c.frozen = true);
  }

  /** Number of open connections, those that are half open among them. */
  public int connections() {
    return connections.size();
  }

  /** New connections too are taken, and nothing passes through any. */
  public void silence() {
    silent = true;
    halfOpen();
  }

  /** Nobody listens any more, and all connections are closed. */
  public void refuse() {
    ServerSocket open = listener;
    listener = null;
    close(open);
    connections.forEach(Connection::close);
  }

  /** After {@link #refuse} or {@link #silence}: all is well again for new connections. */
  public void restore() throws IOException {
    silent = false;
    connections.forEach(Connection::close);
    if (listener == null) {
      ServerSocket socket = new ServerSocket();
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      listen(socket);
    }
  }

  private void listen(ServerSocket socket) {
    listener = socket;
    Thread.ofVirtual()
        .start(() -> {
          try {
            while (true) {
              Connection made = new Connection(socket.accept());
              made.frozen = silent;
              connections.add(made);
              made.start();
            }
          } catch (IOException e) {
            // Closed: refused from now on.
          }
        });
  }

  private static void close(@Nullable AutoCloseable open) {
    try {
      if (open != null) {
        open.close();
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    refuse();
  }

  private final class Connection {
    private final Socket client;
    private final Socket up = new Socket();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean frozen;

    Connection(Socket client) {
      this.client = client;
    }

    void start() {
      Thread.ofVirtual()
          .start(() -> {
            try {
              up.connect(server);
              Thread.ofVirtual().start(() -> pass(up, client));
              pass(client, up);
            } catch (IOException e) {
              close();
            }
          });
    }

    private void pass(Socket from, Socket to) {
      byte[] buffer = new byte[16_384];
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          if (frozen) {
            // Neither data nor the end pass any more.
            closed.await();
          }
          out.write(buffer, 0, read);
          out.flush();
        }
        if (frozen) {
          closed.await();
        }
      } catch (IOException e) {
        // One end is closed: so is the other.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      close();
    }

    void close() {
      closed.countDown();
      connections.remove(this);
      try {
        client.close();
        up.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
