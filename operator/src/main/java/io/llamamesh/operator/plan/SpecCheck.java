package io.llamamesh.operator.plan;

import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.LlamaMeshSpec.Method;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.MeshSettings.Group;
import io.llamamesh.crd.MeshSettings.PortClass;
import io.llamamesh.crd.MeshSettings.Probe;
import io.llamamesh.crd.MeshSettings.Target;
import io.llamamesh.results.IpText;
import io.llamamesh.results.Point;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Check of a spec for contradictions that the schema cannot see, each with its field and the
 * remedy.
 */
public final class SpecCheck {
  private static final Set<String> OPERATORS = Set.of("In", "NotIn", "Exists", "DoesNotExist");

  private static final Pattern QUANTITY = Pattern.compile(LlamaMeshSpec.QUANTITY_PATTERN);

  /** Tags that a config document takes, less those that an agent adds to a point. */
  private static final int MAX_TAGS = 64;

  /** Networks that a warning names. */
  private static final int NAMED = 8;

  private static final int MAX_TAG_KEY = 128;

  private final MeshSettings settings;
  private final List<String> unreadable;
  private final List<SpecRefusal> refusals = new ArrayList<>();

  private SpecCheck(MeshSettings settings, List<String> unreadable) {
    this.settings = settings;
    this.unreadable = unreadable;
  }

  /**
   * Everything that is wrong with the spec alone; empty where it can be planned.
   *
   * @param given the spec as the user wrote it
   */
  public static List<SpecRefusal> check(@Nullable LlamaMeshSpec given) {
    MeshSettings settings;
    List<String> unreadable = new ArrayList<>();
    try {
      settings = MeshSettings.of(given, unreadable::add);
    } catch (IllegalArgumentException e) {
      return List.of(SpecRefusal.invalid(String.valueOf(e.getMessage())));
    } catch (RuntimeException e) {
      return List.of(otherSchema(e));
    }
    SpecCheck check = new SpecCheck(settings, unreadable);
    try {
      check.all();
    } catch (RuntimeException e) {
      return List.of(otherSchema(e));
    }
    return List.copyOf(check.refusals);
  }

  /** Warnings about what a mesh may do and its user should know of, one sentence each. */
  public static List<String> warnings(MeshSettings settings) {
    List<String> warnings = new ArrayList<>();
    if (settings.authentication()) {
      warn(
          "spec.reflector.acceptUnkeyed",
          settings.reflector().acceptUnkeyed(),
          "needs no key to have probes reflected; name the networks of your probes",
          warnings);
      warn(
          "spec.collector.acceptUnauthenticated",
          settings.collector().acceptUnauthenticated(),
          "needs no token to read every agent's results; name the networks of your readers",
          warnings);
    }
    if (settings.authentication()
        && settings.registration() != null
        && settings.reflector().acceptUnkeyed().isEmpty()) {
      warnings.add(
          "spec.registration: probes outside the cluster have no key, so that nodes answer none of"
              + " them; name their networks in spec.reflector.acceptUnkeyed");
    }
    return List.copyOf(warnings);
  }

  private static void warn(
      String field, List<String> networks, String meaning, List<String> warnings) {
    List<String> wide = AddressSyntax.wide(networks);
    if (!wide.isEmpty()) {
      String named = String.join(", ", wide.subList(0, Math.min(NAMED, wide.size())));
      warnings.add(
          field
              + " has "
              + named
              + (wide.size() > NAMED ? " and " + (wide.size() - NAMED) + " more" : "")
              + ": whoever has an address of so many "
              + meaning);
    }
  }

  /** It was stored under another schema, which let through what ours refuses. */
  private static SpecRefusal otherSchema(RuntimeException problem) {
    return SpecRefusal.invalid(
        "spec does not fit this release's schema ("
            + problem.getMessage()
            + "); apply it again to be told the field");
  }

  private void all() {
    groups();
    tagLabels();
    ports();
    probes();
    reflector();
    fabric();
    registration();
    times();
    image();
    quantities("spec.agent", settings.agent().resources());
    quantities("spec.scraper", settings.scraper().resources());
  }

  private void groups() {
    Map<String, String> hosts = new HashMap<>();
    Map<String, String> names = new HashMap<>();
    int at = 0;
    for (Group group : settings.groups()) {
      String field = "spec.groups[" + at++ + "] (" + group.name() + ")";
      List<LabelSelectorRequirement> requirements = group.nodeSelector().getMatchExpressions();
      if (requirements != null) {
        requirements.forEach(r -> selector(field, r));
      }
      tags(field + ".tags", group.tags(), 0);
      for (Target target : group.targets()) {
        tags(field + ".targets (" + target.name() + ").tags", target.tags(), group.tags().size());
        if (!AddressSyntax.isHost(target.host())) {
          refuse(
              field
                  + ".targets: host '"
                  + target.host()
                  + "' of '"
                  + target.name()
                  + "' is neither an address nor a DNS name; write it without port and scheme");
        }
        if (target.method() == Method.TCP && target.port() == 0) {
          refuse(
              field
                  + ".targets: '"
                  + target.name()
                  + "' has method tcp and no port; write the port to connect to");
        }
        String address = target.address();
        String same = names.putIfAbsent(address(target), target.name());
        if (same != null && !same.equals(target.name())) {
          refuse(
              field
                  + ".targets: '"
                  + target.name()
                  + "' is at "
                  + address
                  + " like '"
                  + same
                  + "', and the results of both would be one; leave one out");
        }
        String earlier = hosts.putIfAbsent(target.name(), address);
        if (earlier != null && !earlier.equals(address)) {
          refuse(
              field
                  + ".targets: '"
                  + target.name()
                  + "' is "
                  + address
                  + " here and "
                  + earlier
                  + " in an earlier group, and the results of both would be one; rename one");
        }
      }
      if (!group.targets().isEmpty()
          && settings.probes().stream().noneMatch(p -> p.from().equals(group.name()))) {
        refuse(
            field
                + ".targets: nobody probes them; add an entry with from: "
                + group.name()
                + " to spec.probes");
      }
    }
  }

  private void registration() {
    MeshSettings.RegistrationSettings registration = settings.registration();
    if (registration == null) {
      return;
    }
    Set<String> groups = settings.groups().stream().map(Group::name).collect(Collectors.toSet());
    for (String group : registration.groups()) {
      if (!groups.contains(group)) {
        refuse("spec.registration.groups: there is no group '" + group + "' in spec.groups");
      } else if (settings.probes().stream().noneMatch(p -> p.from().equals(group))) {
        refuse(
            "spec.registration.groups: nobody of group '"
                + group
                + "' probes; add an entry with from: "
                + group
                + " to spec.probes");
      }
    }
    List<String> networks =
        registration.allowedNetworks().stream().filter(text -> !text.equals("self")).toList();
    for (String network : networks) {
      if (!AddressSyntax.isCidr(network)) {
        refuse(
            "spec.registration.allowedNetworks: '"
                + network
                + "' is neither 'self' nor a network such as 192.0.2.0/24");
      }
    }
  }

  private void tagLabels() {
    for (String tag : settings.tagLabels().keySet()) {
      for (String name : List.of("src_" + tag, "dst_" + tag)) {
        if (Point.Tags.RESERVED.contains(name)) {
          refuse(
              "spec.tagLabels."
                  + tag
                  + " would become tag '"
                  + name
                  + "', which every point has already; choose another name");
          break;
        }
      }
    }
  }

  /** One text for each address, however it is written. */
  private static String address(Target target) {
    String host = target.host().toLowerCase(Locale.ROOT);
    String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    return IpText.canonical(name) + " " + target.port() + " " + target.method();
  }

  private void tags(String field, Map<String, String> tags, int ofGroup) {
    // One is the group's name.
    if (tags.size() + ofGroup + 1 > MAX_TAGS) {
      refuse(
          field + ": with those of its group there are more than " + MAX_TAGS + "; leave some out");
    }
    tags.keySet().stream()
        .filter(Point.Tags.RESERVED::contains)
        .sorted()
        .forEach(key ->
            refuse(
                field
                    + "."
                    + key
                    + (Point.Tags.RESERVED_BY_INFLUXDB.contains(key)
                        ? " is a name that InfluxDB reserves, which would refuse every point"
                        : " is a tag that every point has already")
                    + "; choose another name"));
    if (tags.keySet().stream().anyMatch(key -> key.isBlank() || key.length() > MAX_TAG_KEY)) {
      refuse(field + ": a tag's name must have from 1 to " + MAX_TAG_KEY + " characters");
    }
  }

  private void selector(String field, LabelSelectorRequirement requirement) {
    String operator = String.valueOf(requirement.getOperator());
    boolean needsValues = operator.equals("In") || operator.equals("NotIn");
    boolean hasValues = requirement.getValues() != null && !requirement.getValues().isEmpty();
    if (!OPERATORS.contains(operator)) {
      refuse(
          field
              + ".nodeSelector: operator '"
              + operator
              + "' is unknown; write In, NotIn, Exists or DoesNotExist");
    } else if (needsValues != hasValues) {
      refuse(
          field
              + ".nodeSelector: "
              + operator
              + (needsValues ? " needs values" : " takes no values")
              + " (key '"
              + requirement.getKey()
              + "')");
    }
  }

  private void ports() {
    String os = settings.agent().nodeSelector().get("kubernetes.io/os");
    if (os != null && !os.equals("linux")) {
      refuse("spec.agent.nodeSelector: kubernetes.io/os is always linux; leave it out");
    }
    int reflector = settings.reflector().port();
    for (PortClass c : settings.ports()) {
      if (reflector >= c.basePort() && reflector < c.endPort()) {
        refuse(
            "spec.ports ("
                + c.name()
                + "): source ports "
                + c.basePort()
                + ".."
                + (c.endPort() - 1)
                + " contain spec.reflector.port "
                + reflector
                + "; move basePort");
      }
    }
  }

  private void probes() {
    Set<String> groups = settings.groups().stream().map(Group::name).collect(Collectors.toSet());
    Set<String> classes =
        settings.ports().stream().map(PortClass::name).collect(Collectors.toSet());
    Set<String> seen = new HashSet<>();
    int at = 0;
    for (Probe probe : settings.probes()) {
      String field = "spec.probes[" + at++ + "]";
      known(field + ".from", probe.from(), groups, "spec.groups");
      known(field + ".to", probe.to(), groups, "spec.groups");
      for (String name : probe.ports()) {
        known(field + ".ports", name, classes, "spec.ports");
        if (!seen.add(probe.from() + ">" + probe.to() + ">" + name)) {
          refuse(
              field
                  + ".ports: '"
                  + probe.from()
                  + "' already probes '"
                  + probe.to()
                  + "' over '"
                  + name
                  + "' in an earlier entry; leave it out of one of them");
        }
      }
    }
  }

  private void known(String field, String name, Set<String> names, String section) {
    if (!names.contains(name)) {
      refuse(
          field
              + ": '"
              + name
              + "' is not in "
              + section
              + "; it has "
              + names.stream().sorted().collect(Collectors.joining(", "))
              + ". Correct the name or add the entry");
    }
  }

  private void reflector() {
    networks("spec.reflector.acceptUnkeyed", settings.reflector().acceptUnkeyed());
    networks("spec.collector.acceptUnauthenticated", settings.collector().acceptUnauthenticated());
  }

  private void fabric() {
    int port = settings.fabric().port();
    if (!settings.fabric().enabled()) {
      if (settings.fabric().programsSecret() != null) {
        refuse(
            "spec.fabric.programsSecret: needs spec.fabric.enabled, since programs use what agents"
                + " of the fabric share; enable it, or leave programsSecret out");
      }
      return;
    }
    if (!settings.authentication()) {
      refuse(
          "spec.fabric.enabled: needs spec.security.authentication, since without keys whoever reaches"
              + " the port could pass for a member; leave the fabric off");
    }
    if (port == settings.reflector().port()) {
      refuse("spec.fabric.port: " + port + " is spec.reflector.port; choose another");
    }
    if (port == settings.collector().apiPort()) {
      refuse("spec.fabric.port: " + port + " is spec.collector.apiPort; choose another");
    }
    for (PortClass c : settings.ports()) {
      if (port >= c.basePort() && port < c.endPort()) {
        refuse(
            "spec.fabric.port: "
                + port
                + " is a source port of spec.ports ("
                + c.name()
                + "), "
                + c.basePort()
                + ".."
                + (c.endPort() - 1)
                + "; choose another");
      }
    }
  }

  private void networks(String field, List<String> networks) {
    for (String cidr : networks) {
      if (!AddressSyntax.isCidr(cidr)) {
        refuse(
            field + ": '" + cidr + "' is no network; write it as 203.0.113.0/24 or 2001:db8::/32");
      }
    }
  }

  private void image() {
    String image = settings.agent().image();
    if (image != null && !ImageName.isReference(image)) {
      refuse(
          "spec.agent.image: '"
              + image
              + "' is no image's name; write it as registry.example/llama-mesh/agent:1.0, without"
              + " spaces and scheme");
    }
  }

  private void times() {
    long interval = settings.collector().interval().value().toSeconds();
    long retention = settings.collector().retention().value().toSeconds();
    if (unreadable.stream().noneMatch(problem -> problem.startsWith("spec.collector."))
        && interval > 0
        && retention > 0
        && retention < interval) {
      refuse("spec.collector.retention: must not be shorter than spec.collector.interval");
    }
    unreadable.forEach(this::refuse);
  }

  private void quantities(String field, @Nullable ResourceRequirements resources) {
    if (resources != null) {
      quantities(field + ".resources.requests", resources.getRequests());
      quantities(field + ".resources.limits", resources.getLimits());
    }
  }

  /** One that is none decodes all the same, and fails whoever compares it. */
  private void quantities(String field, @Nullable Map<String, Quantity> quantities) {
    if (quantities == null) {
      return;
    }
    quantities.forEach((name, quantity) -> {
      String text = quantity == null ? "" : quantity.toString();
      if (text.length() > LlamaMeshSpec.MAX_QUANTITY || !QUANTITY.matcher(text).matches()) {
        refuse(
            field
                + "."
                + name
                + ": '"
                + text
                + "' is no quantity; write it as 500m, 0.5, 2 or 128Mi");
      }
    });
  }

  private void refuse(String message) {
    refusals.add(SpecRefusal.invalid(message));
  }
}
