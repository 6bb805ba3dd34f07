package io.llamamesh.operator;

import io.llamamesh.operator.keys.KeyServerOptions;
import io.llamamesh.operator.resources.Images;
import io.llamamesh.operator.resources.PodSettings;
import io.llamamesh.operator.resources.PodUser;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Options of an operator.
 *
 * @param namespaces whose meshes it reconciles; empty: all
 * @param pods of agents and scrapers, where a mesh does not say otherwise
 * @param identity who it is to other operators that see the same meshes: the same for replicas of
 *     one release, and after restarts
 * @param keys how keys of nodes are handed out; absent: not at all
 */
public record OperatorOptions(
    Set<String> namespaces, PodSettings pods, String identity, @Nullable KeyServerOptions keys) {
  private static final String EMBEDDED = "embedded/llama-mesh-operator";

  public OperatorOptions {
    namespaces = java.util.Collections.unmodifiableSet(new TreeSet<>(namespaces));
  }

  /** One that hands out no keys of nodes. */
  public OperatorOptions(Set<String> namespaces, PodSettings pods, String identity) {
    this(namespaces, pods, identity, null);
  }

  /** The only one, whose pods run as the images' user. */
  public OperatorOptions(Set<String> namespaces, Images images) {
    this(namespaces, new PodSettings(images, PodUser.FIXED), EMBEDDED);
  }

  /** The same for other namespaces; none: all that there are. */
  public OperatorOptions withNamespaces(Set<String> others) {
    return new OperatorOptions(others, pods, identity, keys);
  }

  /** The same, handing out keys of nodes. */
  public OperatorOptions withKeys(KeyServerOptions server) {
    return new OperatorOptions(namespaces, pods, identity, server);
  }

  /** All namespaces, and the images of this release, without a registry. */
  public static OperatorOptions defaults() {
    return new OperatorOptions(Set.of(), defaultImages());
  }

  /** The images of this release, without a registry. */
  public static Images defaultImages() {
    return new Images(
        "llama-mesh-agent:" + version(),
        "llama-mesh-scraper:" + version(),
        "llama-mesh-registry:" + version());
  }

  /** The version in the jar's manifest; in a build folder there is none. */
  static String version() {
    String version = OperatorOptions.class.getPackage().getImplementationVersion();
    return version == null ? "dev" : version;
  }
}
