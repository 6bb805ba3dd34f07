package io.llamamesh.client;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** A server that answers each connection by a script of bytes, whatever it is asked. */
final class HostileServer implements AutoCloseable {
  private final ServerSocket server;
  private final Script script;

  /** Writes an answer; what it throws ends the connection. */
  @FunctionalInterface
  interface Script {
    void answer(OutputStream out) throws IOException, InterruptedException;
  }

  private HostileServer(ServerSocket server, Script script) {
    this.server = server;
    this.script = script;
  }

  static HostileServer start(Script script) throws IOException {
    HostileServer started =
        new HostileServer(new ServerSocket(0, 8, InetAddress.getLoopbackAddress()), script);
    Thread.ofVirtual().start(started::run);
    return started;
  }

  /** Answers with this text and closes. */
  static HostileServer saying(String text) throws IOException {
    return start(out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort());
  }

  private void run() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      awaitRequest(client);
      script.answer(client.getOutputStream());
    } catch (IOException e) {
      // The client went away, as it should.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void awaitRequest(Socket client) throws IOException {
    int newLines = 0;
    while (newLines < 2) {
      int next = client.getInputStream().read();
      if (next < 0) {
        return;
      }
      newLines = next == '\n' ? newLines + 1 : next == '\r' ? newLines : 0;
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
