package io.llamamesh.scraper.testing;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** TCP proxy to a server that can be shut, which cuts all connections, and opened again. */
public final class CuttableProxy implements AutoCloseable {
  private final URI server;
  private final ServerSocket entrance;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile boolean open = true;

  /** Open at first. */
  public CuttableProxy(String serverUrl) throws IOException {
    this.server = URI.create(serverUrl);
    this.entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    threads.execute(this::run);
  }

  /** URL of the server by this proxy. */
  public String url() {
    return server.getScheme() + "://127.0.0.1:" + entrance.getLocalPort();
  }

  public void shut() {
    open = false;
    sockets.forEach(CuttableProxy::close);
  }

  public void open() {
    open = true;
  }

  @Override
  public void close() {
    shut();
    close(entrance);
    threads.shutdownNow();
  }

  private void run() {
    try {
      while (!entrance.isClosed()) {
        Socket client = entrance.accept();
        if (!open) {
          close(client);
          continue;
        }
        Socket there = new Socket(server.getHost(), server.getPort());
        sockets.add(client);
        sockets.add(there);
        threads.execute(() -> pump(client, there));
        threads.execute(() -> pump(there, client));
      }
    } catch (IOException e) {
      if (!entrance.isClosed()) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void pump(Socket from, Socket to) {
    byte[] buffer = new byte[16_384];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      int read = in.read(buffer);
      while (read >= 0) {
        out.write(buffer, 0, read);
        read = in.read(buffer);
      }
    } catch (IOException e) {
      // A connection that was cut, by either end or by us.
    } finally {
      sockets.remove(from);
      sockets.remove(to);
      close(from);
      close(to);
    }
  }

  private static void close(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
