package io.llamamesh.operator.main;

import io.llamamesh.operator.resources.Images;
import java.util.Set;
import java.util.TreeSet;

/**
 * How an operator runs.
 *
 * @param namespaces whose meshes it looks after; empty: all
 * @param images what agents and scrapers run where a mesh does not say
 */
public record OperatorOptions(Set<String> namespaces, Images images) {
  public OperatorOptions {
    namespaces = java.util.Collections.unmodifiableSet(new TreeSet<>(namespaces));
  }

  /** All namespaces, and the images of this release, without a registry. */
  public static OperatorOptions defaults() {
    return new OperatorOptions(Set.of(), defaultImages());
  }

  /** The images of this release, without a registry. */
  public static Images defaultImages() {
    return new Images("llama-mesh-agent:" + version(), "llama-mesh-scraper:" + version());
  }

  /** The version in the jar's manifest; in a build folder there is none. */
  static String version() {
    String version = OperatorOptions.class.getPackage().getImplementationVersion();
    return version == null ? "dev" : version;
  }
}
