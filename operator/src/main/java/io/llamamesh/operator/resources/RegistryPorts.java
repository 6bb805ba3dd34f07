package io.llamamesh.operator.resources;

/** The registry's ports, by name and number. */
public final class RegistryPorts {
  /** For probes outside the cluster. */
  static final String REGISTRY = "registry";

  static final int REGISTRY_PORT = 5000;

  /** For operator, scrapers and kubelet, by plain HTTP. */
  static final String INSIDE = "inside";

  /** Number of the port for operator and scrapers. */
  public static final int INSIDE_PORT = 5001;

  private RegistryPorts() {}
}
