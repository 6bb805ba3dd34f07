package io.llamamesh.images.tar;

import com.google.cloud.tools.jib.api.ImageReference;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * A check that a registry answers at all; the library under us tries for a minute before it says
 * no.
 */
public final class Registries {
  private static final int HTTPS = 443;
  private static final int MILLIS = 5_000;

  private Registries() {}

  /**
   * Fails fast where a base image's registry cannot be reached.
   *
   * @param base as in {@link ImageTar#base}; bases without a registry pass
   * @throws IOException where nothing answers at the registry's address
   */
  public static void check(String base) throws IOException {
    if (base.equals("scratch")
        || base.startsWith("tar://")
        || base.startsWith("docker://")
        // Behind a proxy only the proxy knows.
        || System.getProperty("https.proxyHost") != null) {
      return;
    }
    String registry;
    try {
      registry = ImageReference.parse(base).getRegistry();
    } catch (InvalidImageReferenceException e) {
      throw new IOException("'" + base + "' is no image's name", e);
    }
    int colon = registry.lastIndexOf(':');
    String host = colon < 0 ? registry : registry.substring(0, colon);
    int port = colon < 0 ? HTTPS : Integer.parseInt(registry.substring(colon + 1));
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new IOException(host + " has no address here");
    }
    try (Socket socket = new Socket()) {
      socket.connect(address, MILLIS);
    } catch (IOException e) {
      throw new IOException(host + ":" + port + ": " + e.getMessage(), e);
    }
  }
}
