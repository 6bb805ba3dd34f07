package io.llamamesh.fabric.transport;

import io.llamamesh.fabric.node.FabricPeer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Somebody in the middle of a link: hands on what passes, and may change and add. */
final class Relay implements AutoCloseable {

  private final ServerSocket server;
  private final Socket far;
  private final List<byte[]> fromDialler = new ArrayList<>();
  private volatile boolean spoiling;
  private volatile @Nullable Socket near;

  Relay(TestNode target) throws IOException {
    server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    far = new Socket(InetAddress.getLoopbackAddress(), target.port());
    Thread.ofVirtual().start(this::run);
  }

  /** Where a node is dialled through it. */
  FabricPeer to(TestNode target) {
    return new FabricPeer(target.peer.name(), "127.0.0.1:" + server.getLocalPort());
  }

  private void run() {
    try {
      Socket dialler = server.accept();
      near = dialler;
      Thread.ofVirtual().start(() -> copy(far, dialler, false));
      copy(dialler, far, true);
    } catch (IOException e) {
      // The test is over.
    }
  }

  private void copy(Socket from, Socket to, boolean kept) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[64 << 10];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        byte[] bytes = java.util.Arrays.copyOf(buffer, count);
        if (kept) {
          synchronized (fromDialler) {
            fromDialler.add(bytes.clone());
          }
          if (spoiling) {
            bytes[bytes.length / 2] ^= 1;
          }
        }
        out.write(bytes);
      }
      to.close();
    } catch (IOException e) {
      // One of the two is gone.
    }
  }

  /** From now on a bit of all that the dialler sends is changed. */
  void spoil() {
    spoiling = true;
  }

  /** What the dialler sent last, as a whole. */
  byte[] last() {
    synchronized (fromDialler) {
      return fromDialler.getLast();
    }
  }

  /** Sends to the accepting node in the dialler's name. */
  void inject(byte[] bytes) throws IOException {
    far.getOutputStream().write(bytes);
  }

  @Override
  public void close() throws IOException {
    server.close();
    far.close();
    if (near != null) {
      Objects.requireNonNull(near).close();
    }
  }
}
