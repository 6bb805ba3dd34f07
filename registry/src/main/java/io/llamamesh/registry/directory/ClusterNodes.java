package io.llamamesh.registry.directory;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Nodes of a cluster that registered probes get as targets, by group. Where there are such, its
 * groups are all in which probes may register, and no probe may take a node's name, nor one of
 * those reserved beside: of nodes that are in none of these groups. Unmodifiable.
 *
 * <p>Its document is {@code {"groups":{"GROUP":[{"name":…,"ip":…,"port":…,"tags":{…}}]},
 * "names":["NAME"]}}; an operator of before writes no names.
 */
public final class ClusterNodes {
  /** Most nodes over all groups. */
  static final int MAX_NODES = 20_000;

  private static final int MAX_PORT = 65_535;

  private final Map<String, List<RegisteredProbe>> groups;
  private final Set<String> names = new HashSet<>();

  private ClusterNodes(Map<String, List<RegisteredProbe>> groups, Set<String> reserved) {
    this.groups = groups;
    names.addAll(reserved);
    groups.values().forEach(nodes -> nodes.forEach(node -> names.add(node.name())));
  }

  /**
   * Reads a document.
   *
   * @throws IOException where it is none, saying what is wrong
   */
  public static ClusterNodes parse(byte[] document) throws IOException {
    JsonNode whole;
    try {
      whole = RegistrationReader.JSON.readTree(document);
    } catch (JsonProcessingException e) {
      throw new IOException("it is no JSON: " + e.getOriginalMessage(), e);
    }
    JsonNode listed = whole.path("groups");
    if (!listed.isObject()) {
      throw new IOException("it has no object 'groups'");
    }
    Map<String, List<RegisteredProbe>> groups = new TreeMap<>();
    int nodes = 0;
    for (Map.Entry<String, JsonNode> group : listed.properties()) {
      List<RegisteredProbe> members = new ArrayList<>();
      for (JsonNode node : group.getValue()) {
        if (++nodes > MAX_NODES) {
          throw new IOException("it names more than " + MAX_NODES + " nodes");
        }
        members.add(node(group.getKey(), node));
      }
      groups.put(group.getKey(), List.copyOf(members));
    }
    return new ClusterNodes(groups, reserved(whole.path("names")));
  }

  private static Set<String> reserved(JsonNode listed) throws IOException {
    if (!listed.isMissingNode() && !listed.isArray()) {
      throw new IOException("'names' must be a list of names");
    }
    if (listed.size() > MAX_NODES) {
      throw new IOException("it reserves more than " + MAX_NODES + " names");
    }
    Set<String> names = new HashSet<>();
    for (JsonNode name : listed) {
      if (!name.isTextual() || name.asText().isEmpty()) {
        throw new IOException("'names' must be a list of names, one was " + name);
      }
      names.add(name.asText());
    }
    return names;
  }

  private static RegisteredProbe node(String group, JsonNode node) throws IOException {
    String name = node.path("name").asText("");
    InetAddress address = IpAddresses.parse(node.path("ip").asText(""));
    int port = node.path("port").asInt();
    if (name.isEmpty() || address == null || port < 1 || port > MAX_PORT) {
      throw new IOException("a node needs a name, an ip and a port, was " + node);
    }
    Map<String, String> tags = new LinkedHashMap<>();
    node.path("tags").properties().forEach(tag -> tags.put(tag.getKey(), tag.getValue().asText()));
    tags.put("probe_name", name);
    tags.put("probe_shortname", name);
    return new RegisteredProbe(
        new Registration(
            group,
            port,
            RegistrationReader.MAX_KEEPALIVE_SECONDS,
            address.getHostAddress(),
            tags,
            null,
            "{}"),
        address,
        AddressPolicy.Reach.ANYWHERE,
        0,
        "",
        0,
        null);
  }

  /** Nodes of a group, in the document's order. */
  List<RegisteredProbe> nodes(String group) {
    return groups.getOrDefault(group, List.of());
  }

  /**
   * Checks that a probe may register here.
   *
   * @throws RequestRefusedException where its group is not open, or its name is a node's
   */
  void check(Registration registration) throws RequestRefusedException {
    if (!groups.containsKey(registration.group())) {
      throw new RequestRefusedException(
          RequestRefusedException.FORBIDDEN,
          "group '"
              + RegistrationReader.clean(registration.group())
              + "' is not open to probes outside the cluster; these are: "
              + String.join(", ", groups.keySet()));
    }
    for (String tag : List.of("probe_name", "probe_shortname")) {
      if (names.contains(registration.tags().getOrDefault(tag, ""))) {
        throw new RequestRefusedException(
            RequestRefusedException.FORBIDDEN,
            "the name '"
                + registration.tags().get(tag)
                + "' is that of a node of the cluster; choose another (--name)");
      }
    }
  }
}
