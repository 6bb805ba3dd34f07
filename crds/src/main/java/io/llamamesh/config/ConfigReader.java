package io.llamamesh.config;

import io.llamamesh.config.CollectorConfig.Api;
import io.llamamesh.config.CollectorConfig.Contact;
import io.llamamesh.config.CollectorConfig.Fabric;
import io.llamamesh.config.CollectorConfig.Ingest;
import io.llamamesh.config.CollectorConfig.Port;
import io.llamamesh.config.CollectorConfig.PortGroupEntry;
import io.llamamesh.config.CollectorConfig.RateLimit;
import io.llamamesh.config.CollectorConfig.Source;
import io.llamamesh.config.CollectorConfig.Summarization;
import io.llamamesh.config.CollectorConfig.Target;
import io.llamamesh.config.CollectorConfig.Test;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes a {@link CollectorConfig} of a document's values, and notes the keys that it ignores. */
final class ConfigReader {
  /** LLAMA's sections, udprobe's {@code src_hostname}, and ours. */
  static final Set<String> SECTIONS =
      Set.of(
          "version",
          "mesh",
          "source",
          "src_hostname",
          "summarization",
          "api",
          "ports",
          "port_groups",
          "rate_limits",
          "tests",
          "targets",
          "retention",
          "ingest",
          "fabric",
          "keys");

  private static final String SECONDS = "a number of seconds";
  private static final int MAX_NOTED = 100;

  private final List<String> ignored = new ArrayList<>();
  private int targets;

  /** Reads an item of a list or a section. */
  @FunctionalInterface
  private interface Item<T> {
    T read(YamlValue value) throws InvalidConfigException;
  }

  /** Keys that were ignored, each with its path and line, at most {@value #MAX_NOTED}. */
  List<String> ignored() {
    return ignored;
  }

  CollectorConfig read(YamlValue document) throws InvalidConfigException {
    Map<String, YamlValue> keys = known(document, SECTIONS);
    Integer version = integer(keys, "version", "a number");
    Summarization summarization = summarization(keys.get("summarization"));
    Source source = source(keys.get("source"), keys.get("src_hostname"));
    Api api = api(keys.get("api"));
    Map<String, Port> ports = named(keys.get("ports"), this::port);
    Map<String, List<PortGroupEntry>> portGroups =
        named(keys.get("port_groups"), list -> items(list, this::entry));
    Map<String, RateLimit> rateLimits = named(keys.get("rate_limits"), this::rateLimit);
    YamlValue testList = keys.get("tests");
    List<Test> tests = testList == null ? List.of() : items(testList, this::test);
    Map<String, List<Target>> lists = named(keys.get("targets"), list -> items(list, this::target));
    Integer retention = integer(keys, "retention", SECONDS);
    Ingest ingest = ingest(keys.get("ingest"));
    Fabric fabric = fabric(keys.get("fabric"));
    // An empty list is meant; a key with nothing behind it is unfinished, or a host called so.
    if (version == null && (testList == null || testList.isNull())) {
      throw nothingToDo(document, keys);
    }
    String mesh = text(keys, "mesh");
    String signing = text(keys, "keys");
    return record(
        document,
        () ->
            new CollectorConfig(
                version,
                mesh,
                source,
                summarization,
                api,
                ports,
                portGroups,
                rateLimits,
                tests,
                lists,
                retention,
                ingest,
                fabric,
                signing));
  }

  /**
   * A file that somebody wrote by hand and that probes nothing is somebody's mistake. llama-sd's
   * probe keeps even the server's refusal as its config.
   */
  private static InvalidConfigException nothingToDo(YamlValue document, Map<String, YamlValue> keys)
      throws InvalidConfigException {
    YamlValue error = document.mapping().get("error");
    if (keys.isEmpty() && error != null && error.isScalar() && error.text() != null) {
      return document.wrong(
          "is no config but the answer of a server: "
              + YamlValue.abbreviated(String.valueOf(error.text())));
    }
    return document.wrong(
        "has no section tests, so that nothing would be probed; name there targets, port_group and"
            + " rate_limit, or write the short form, ADDRESS: {TAG: VALUE}");
  }

  private Summarization summarization(@Nullable YamlValue value) throws InvalidConfigException {
    if (value == null || value.isNull()) {
      return Summarization.LLAMA_DEFAULT;
    }
    Map<String, YamlValue> keys = known(value, Set.of("interval", "handlers"));
    Integer interval = integer(keys, "interval", SECONDS);
    Integer handlers = integer(keys, "handlers", "a number");
    return record(value, () -> new Summarization(interval, handlers));
  }

  /** Udprobe's {@code src_hostname} is a tag of all points, which a target's own replaces. */
  private @Nullable Source source(@Nullable YamlValue source, @Nullable YamlValue hostName)
      throws InvalidConfigException {
    String host = hostName == null ? null : hostName.text();
    if ((host == null || host.isBlank()) && (source == null || source.isNull())) {
      return null;
    }
    Map<String, YamlValue> keys = source == null ? Map.of() : known(source, Set.of("name", "tags"));
    String name = text(keys, "name");
    Map<String, String> tags = new LinkedHashMap<>(tags(keys.get("tags")));
    if (hostName != null && host != null && !host.isBlank()) {
      if (host.length() > Bounds.MAX_TEXT) {
        throw hostName.wrong(
            "must have at most " + Bounds.MAX_TEXT + " characters, had " + host.length());
      }
      String given = tags.putIfAbsent(CollectorConfig.SRC_HOSTNAME, host);
      if (given != null && !given.equals(host)) {
        ignore("src_hostname (line " + hostName.line() + "), since source.tags has another");
      }
    }
    YamlValue at = source == null ? hostName : source;
    return at == null ? null : record(at, () -> new Source(name, tags));
  }

  private @Nullable Api api(@Nullable YamlValue value) throws InvalidConfigException {
    if (value == null || value.isNull()) {
      return null;
    }
    String bind = text(known(value, Set.of("bind")), "bind");
    return record(value, () -> new Api(bind));
  }

  private Port port(YamlValue value) throws InvalidConfigException {
    Map<String, YamlValue> keys =
        known(value, Set.of("ip", "port", "tos", "timeout", "base_port", "payload_bytes", "class"));
    String ip = address(keys.get("ip"));
    Integer port = integer(keys, "port", "a number");
    Integer tos = integer(keys, "tos", "a number from 0 to 255, the whole octet");
    Integer timeout = integer(keys, "timeout", "a number of milliseconds");
    Integer basePort = integer(keys, "base_port", "a number");
    Integer payloadBytes = integer(keys, "payload_bytes", "a number of bytes");
    String className = text(keys, "class");
    return record(value, () -> new Port(ip, port, tos, timeout, basePort, payloadBytes, className));
  }

  private PortGroupEntry entry(YamlValue value) throws InvalidConfigException {
    Map<String, YamlValue> keys = known(value, Set.of("port", "count"));
    String port = text(keys, "port");
    Integer count = integer(keys, "count", "a number");
    if (port != null && count == null) {
      throw value.missing("count");
    }
    return record(
        value, () -> new PortGroupEntry(port == null ? "" : port, count == null ? 0 : count));
  }

  private RateLimit rateLimit(YamlValue value) throws InvalidConfigException {
    YamlValue cps = known(value, Set.of("cps")).get("cps");
    Double number = cps == null ? null : cps.decimal("a number of probes per second");
    if (number == null) {
      throw value.missing("cps");
    }
    return record(value, () -> new RateLimit(number));
  }

  private Test test(YamlValue value) throws InvalidConfigException {
    Map<String, YamlValue> keys = known(value, Set.of("targets", "port_group", "rate_limit"));
    String list = text(keys, "targets");
    String portGroup = text(keys, "port_group");
    String rateLimit = text(keys, "rate_limit");
    return record(
        value,
        () ->
            new Test(
                list == null ? "" : list,
                portGroup == null ? "" : portGroup,
                rateLimit == null ? "" : rateLimit));
  }

  private Target target(YamlValue value) throws InvalidConfigException {
    targets++;
    if (targets > Bounds.MAX_TARGETS) {
      throw value.wrong("is one more than the " + Bounds.MAX_TARGETS + " targets that are read");
    }
    Map<String, YamlValue> keys =
        known(value, Set.of("ip", "port", "tags", "name", "keyed", "wire", "method"));
    String host = host(keys.get("ip"));
    Integer port = integer(keys, "port", "a number");
    String method = text(keys, "method");
    if (host != null && port == null && (method == null || method.equals(Target.METHOD_UDP))) {
      throw value.missing("port");
    }
    Map<String, String> tags = tags(keys.get("tags"));
    String name = text(keys, "name");
    YamlValue keyed = keys.get("keyed");
    Boolean flag = keyed == null ? null : keyed.flag();
    String wire = text(keys, "wire");
    return record(
        value,
        () ->
            new Target(
                host == null ? "" : host, port == null ? 0 : port, tags, name, flag, wire, method));
  }

  private @Nullable Ingest ingest(@Nullable YamlValue value) throws InvalidConfigException {
    if (value == null || value.isNull()) {
      return null;
    }
    String url = text(known(value, Set.of("url")), "url");
    return record(value, () -> new Ingest(url == null ? "" : url));
  }

  private @Nullable Fabric fabric(@Nullable YamlValue value) throws InvalidConfigException {
    if (value == null || value.isNull()) {
      return null;
    }
    Map<String, YamlValue> keys =
        known(value, Set.of("enabled", "port", "contact_nodes", "allow_unauthenticated"));
    Boolean enabled = flag(keys, "enabled");
    Integer port = integer(keys, "port", "a number");
    YamlValue list = keys.get("contact_nodes");
    List<Contact> contacts = list == null ? List.of() : items(list, this::contact);
    Boolean unauthenticated = flag(keys, "allow_unauthenticated");
    return record(value, () -> new Fabric(enabled, port, contacts, unauthenticated));
  }

  private Contact contact(YamlValue value) throws InvalidConfigException {
    Map<String, YamlValue> keys = known(value, Set.of("name", "ip", "port"));
    String name = text(keys, "name");
    String ip = host(keys.get("ip"));
    if (ip != null && !HostText.isAddress(ip)) {
      throw value.wrong("needs ip, an IP address, was '" + YamlValue.abbreviated(ip) + "'");
    }
    Integer port = integer(keys, "port", "a number");
    return record(value, () -> new Contact(name == null ? "" : name, ip == null ? "" : ip, port));
  }

  private static @Nullable Boolean flag(Map<String, YamlValue> keys, String name)
      throws InvalidConfigException {
    YamlValue value = keys.get(name);
    return value == null ? null : value.flag();
  }

  /** The short form's reflectors: their tags by address, see {@link LegacyConfig}. */
  Map<String, Map<String, String>> reflectors(YamlValue document) throws InvalidConfigException {
    Map<String, Map<String, String>> tags = new LinkedHashMap<>();
    for (Map.Entry<String, YamlValue> entry : document.mapping().entrySet()) {
      targets++;
      if (targets > Bounds.MAX_TARGETS) {
        throw document.wrong("has more than the " + Bounds.MAX_TARGETS + " targets that are read");
      }
      String host = checkedHost(entry.getValue(), entry.getKey());
      Map<String, String> own = tags(entry.getValue());
      try {
        var _ = Bounds.tags("tags", own);
      } catch (IllegalArgumentException e) {
        throw entry.getValue().wrong("has a tag that cannot be taken: " + e.getMessage());
      }
      if (tags.put(host, own) != null) {
        throw entry.getValue().wrong("is the address " + host + " once more; leave one out");
      }
    }
    return tags;
  }

  /** Tags, as text whatever they look like; one without a value is an empty text. */
  private static Map<String, String> tags(@Nullable YamlValue value) throws InvalidConfigException {
    if (value == null) {
      return Map.of();
    }
    Map<String, String> tags = new LinkedHashMap<>();
    for (Map.Entry<String, YamlValue> entry : value.mapping().entrySet()) {
      String text = entry.getValue().text();
      tags.put(entry.getKey(), text == null ? "" : text);
    }
    return tags;
  }

  private static @Nullable String host(@Nullable YamlValue value) throws InvalidConfigException {
    if (value == null) {
      return null;
    }
    String text = value.text();
    return text == null || text.isBlank() ? null : checkedHost(value, text);
  }

  private static String checkedHost(YamlValue value, String text) throws InvalidConfigException {
    String host = HostText.withoutBrackets(text);
    String problem = HostText.problem(host);
    if (problem != null) {
      throw value.wrong(problem);
    }
    return host;
  }

  /** A local address, in brackets as Go wants those of IPv6, or not. */
  private static @Nullable String address(@Nullable YamlValue value) throws InvalidConfigException {
    if (value == null) {
      return null;
    }
    String text = value.text();
    if (text == null || text.isBlank()) {
      return null;
    }
    String address = HostText.withoutBrackets(text);
    if (!HostText.isAddress(address)) {
      throw value.wrong(
          "must be an IP address of this host, or 0.0.0.0 for any, was '"
              + YamlValue.abbreviated(text)
              + "'");
    }
    return address;
  }

  private <T> Map<String, T> named(@Nullable YamlValue section, Item<T> item)
      throws InvalidConfigException {
    Map<String, T> items = new LinkedHashMap<>();
    if (section != null) {
      for (Map.Entry<String, YamlValue> entry : section.mapping().entrySet()) {
        items.put(entry.getKey(), item.read(entry.getValue()));
      }
    }
    return items;
  }

  private <T> List<T> items(YamlValue list, Item<T> item) throws InvalidConfigException {
    List<T> items = new ArrayList<>();
    for (YamlValue value : list.list()) {
      items.add(item.read(value));
    }
    return items;
  }

  private static @Nullable String text(Map<String, YamlValue> keys, String name)
      throws InvalidConfigException {
    YamlValue value = keys.get(name);
    return value == null ? null : value.text();
  }

  private static @Nullable Integer integer(Map<String, YamlValue> keys, String name, String meant)
      throws InvalidConfigException {
    YamlValue value = keys.get(name);
    return value == null ? null : value.integer(meant);
  }

  /** A mapping's values of those keys; all others are noted and ignored, as LLAMA does. */
  private Map<String, YamlValue> known(YamlValue value, Set<String> names)
      throws InvalidConfigException {
    Map<String, YamlValue> known = new LinkedHashMap<>();
    for (Map.Entry<String, YamlValue> entry : value.mapping().entrySet()) {
      if (names.contains(entry.getKey())) {
        known.put(entry.getKey(), entry.getValue());
      } else if (ignored.size() < MAX_NOTED) {
        ignore(entry.getValue().path() + " (line " + entry.getValue().line() + ")");
      }
    }
    return known;
  }

  /** Notes something that is not understood. */
  void ignore(String what) {
    if (ignored.size() < MAX_NOTED) {
      ignored.add(what);
    }
  }

  private static <T> T record(YamlValue value, Supplier<T> made) throws InvalidConfigException {
    try {
      return made.get();
    } catch (IllegalArgumentException e) {
      throw value.wrong(e);
    }
  }
}
