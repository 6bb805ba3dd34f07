package io.llamamesh.e2e.cluster;

import java.util.Locale;

/** The addresses of a cluster, all of one family; none of them leads out of its namespaces. */
public enum IpFamily {
  IPV4("10.99.0.%d", 24, "10.244.%d.0/24", "10.244.0.0/16", "0.0.0.0/0"),
  IPV6("fd00:99::%d", 64, "fd00:244:0:%d::/64", "fd00:244::/48", "::/0");

  private static final int FIRST_NODE = 10;
  private static final int FIRST_OUTSIDE = 100;
  private static final int FIRST_REFLECTOR = 150;

  private final String hosts;
  private final int prefix;
  private final String podsOfNode;
  private final String pods;
  private final String anywhere;

  IpFamily(String hosts, int prefix, String podsOfNode, String pods, String anywhere) {
    this.hosts = hosts;
    this.prefix = prefix;
    this.podsOfNode = podsOfNode;
    this.pods = pods;
    this.anywhere = anywhere;
  }

  /** Address of the API server and the DNS. */
  public String controlPlane() {
    return hosts.formatted(1);
  }

  /** A node's, counted from 1. */
  public String node(int index) {
    return hosts.formatted(FIRST_NODE + index);
  }

  /** A host's that is no node, counted from 1. */
  public String outside(int index) {
    return hosts.formatted(FIRST_OUTSIDE + index);
  }

  /**
   * One of a reflector outside, counted from 1. None of a host's: the nodes remember for a while by
   * which hardware address that was reached.
   */
  public String outsideReflector(int index) {
    return hosts.formatted(FIRST_REFLECTOR + index);
  }

  /** An address with the length of the nodes' network. */
  public String withPrefix(String address) {
    return address + "/" + prefix;
  }

  /** The addresses of a node's pods. */
  public String podsOf(int index) {
    return podsOfNode.formatted(index);
  }

  /** The addresses of all pods. */
  public String pods() {
    return pods;
  }

  /** The destination of a default route. */
  public String anywhere() {
    return anywhere;
  }

  /** The flag of {@code ip}. */
  public String flag() {
    return this == IPV4 ? "-4" : "-6";
  }

  /** An address as it stands in a URL. */
  public String inUrl(String address) {
    return this == IPV4 ? address : "[" + address + "]";
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace("ip", "IP");
  }
}
