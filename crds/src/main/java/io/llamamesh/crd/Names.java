package io.llamamesh.crd;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** Names and labels of a mesh's objects: operator, agent and scraper must agree on them. */
public final class Names {
  /** API group of the resource and prefix of our labels and annotations. */
  public static final String GROUP = "llamamesh.io";

  /** Label: the mesh that an object belongs to. */
  public static final String MESH_LABEL = GROUP + "/mesh";

  /** Label: which part of a mesh an object is, see {@link Component}. */
  public static final String COMPONENT_LABEL = "app.kubernetes.io/component";

  /**
   * Annotation on a node's ConfigMap: the node's whole name, where the ConfigMap's had to be
   * shortened.
   */
  public static final String NODE_ANNOTATION = GROUP + "/node";

  /** Annotation on a node's ConfigMap: when its agent was first Ready, RFC 3339. */
  public static final String JOINED_ANNOTATION = GROUP + "/joined";

  /** Annotation on a Node: it leaves every mesh. */
  public static final String EXCLUDE_ANNOTATION = GROUP + "/exclude";

  /**
   * Annotation on a pod's template: the uid of its ServiceAccount, where that was deleted and made
   * anew.
   */
  public static final String ACCOUNT_ANNOTATION = GROUP + "/service-account";

  /** Annotation on a mesh: a new value makes the operator add a key and a token. */
  public static final String ROTATE_ANNOTATION = GROUP + "/rotate";

  /**
   * Annotation that is never stored: our clients put it on an object whose fields could not all be
   * decoded. A line for each that is missing: its path and why.
   */
  public static final String UNREADABLE_ANNOTATION = GROUP + "/unreadable";

  /** Key of a node's ConfigMap that holds its collector config document. */
  public static final String CONFIG_KEY = "collector.yaml";

  /** Key of a mesh's ConfigMap {@link #leavingConfigMap}: names of nodes, one a line. */
  public static final String LEAVING_KEY = "nodes";

  /** Key of a mesh's ConfigMap {@link #registry}: nodes that registered probes get as targets. */
  public static final String NODES_KEY = "nodes.json";

  /** Key of a mesh's ConfigMap {@link #registry}: the probes that were registered last. */
  public static final String PROBES_KEY = "probes.json";

  /** Key of a mesh's ConfigMap {@link #keysConfigMap}: where keys of nodes are handed out, JSON. */
  public static final String KEY_SERVICE_KEY = "key-service.json";

  /** Name of the volume with keys and tokens where each node has its own. */
  public static final String KEYS_VOLUME = "keys";

  /** Name of the container port of the agent's HTTP API. */
  public static final String API_PORT = "api";

  /** Name of the container port of the agent's reflector. */
  public static final String PROBE_PORT = "probe";

  /** Name of the container port of the agent's fabric over TCP. */
  public static final String FABRIC_TCP_PORT = "fabric-tcp";

  /** Name of the container port of the agent's fabric over UDP. */
  public static final String FABRIC_UDP_PORT = "fabric-udp";

  private static final int MAX_OBJECT_NAME = 253;
  private static final int HASH_CHARACTERS = 10;

  private Names() {}

  /** The parts of a mesh, as the value of {@link #COMPONENT_LABEL}. */
  public enum Component {
    AGENT("agent"),
    SCRAPER("scraper"),
    REGISTRY("registry"),
    CONFIG("config");

    private final String label;

    Component(String label) {
      this.label = label;
    }

    /** The label's value. */
    public String label() {
      return label;
    }
  }

  /**
   * The name of the ConfigMap that lists nodes which are leaving. A node's has a dot after the
   * mesh's name, so they never meet.
   */
  public static String leavingConfigMap(String mesh) {
    return mesh + "-leaving";
  }

  /**
   * The name of a node's ConfigMap: {@code <mesh>.<node>}, and where that is longer than an
   * object's name may be, its beginning with a hash of the whole, so that nodes with a common
   * prefix stay apart.
   */
  public static String nodeConfigMap(String mesh, String node) {
    String name = mesh + "." + node;
    if (name.length() <= MAX_OBJECT_NAME) {
      return name;
    }
    String kept = name.substring(0, MAX_OBJECT_NAME - HASH_CHARACTERS - 1).replaceAll("[-.]+$", "");
    return kept + "-" + hash(name);
  }

  /** Name of the DaemonSet and ServiceAccount of a mesh's agents. */
  public static String agent(String mesh) {
    return mesh + "-agent";
  }

  /** Name of the Deployment, Service and ServiceAccount of a mesh's scraper. */
  public static String scraper(String mesh) {
    return mesh + "-scraper";
  }

  /** Name of the Deployment, Service, ServiceAccount and ConfigMap of a mesh's registry. */
  public static String registry(String mesh) {
    return mesh + "-registry";
  }

  /** Name of the Secret with a mesh's keys and tokens. */
  public static String authSecret(String mesh) {
    return mesh + "-auth";
  }

  /** Name of the Secret with the masters of a mesh's keys of nodes, which nobody mounts. */
  public static String mastersSecret(String mesh) {
    return mesh + "-masters";
  }

  /**
   * The name of the ConfigMap that says where keys of nodes are handed out. A node's has a dot
   * after the mesh's name, so they never meet.
   */
  public static String keysConfigMap(String mesh) {
    return mesh + "-keys";
  }

  /** The labels of every object of a mesh's part. */
  public static Map<String, String> labels(String mesh, Component component) {
    Map<String, String> labels = new TreeMap<>(selector(mesh, component));
    labels.put("app.kubernetes.io/instance", mesh);
    labels.put("app.kubernetes.io/managed-by", "llama-mesh-operator");
    return labels;
  }

  /** The labels by which the objects of a mesh's part are found. */
  public static Map<String, String> selector(String mesh, Component component) {
    Map<String, String> labels = new TreeMap<>();
    labels.put("app.kubernetes.io/name", "llama-mesh");
    labels.put(COMPONENT_LABEL, component.label());
    labels.put(MESH_LABEL, mesh);
    return labels;
  }

  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, HASH_CHARACTERS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
