package io.llamamesh.local.main;

import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.local.cluster.LocalCluster;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Address of the scraper's pod, for parts that are there before it is. Thread-safe. */
final class ScraperAddress implements Supplier<@Nullable InetSocketAddress> {
  private static final int PORT = 8080;

  private volatile @Nullable Mesh mesh;

  private record Mesh(LocalCluster cluster, String name) {}

  /** Looks for the scraper of this mesh from now on. */
  void follow(LocalCluster cluster, String name) {
    mesh = new Mesh(cluster, name);
  }

  /** The address of the first scraper that is ready; null while none is. */
  @Override
  public @Nullable InetSocketAddress get() {
    Mesh known = mesh;
    return known == null
        ? null
        : known.cluster().address(Names.selector(known.name(), Component.SCRAPER), PORT);
  }

  /** The same as a server's URI. */
  @Nullable URI uri() {
    InetSocketAddress address = get();
    return address == null
        ? null
        : URI.create("http://" + address.getAddress().getHostAddress() + ":" + address.getPort());
  }
}
