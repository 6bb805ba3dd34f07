package io.llamamesh.registry.directory;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.llamamesh.results.Point;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A collector's config in LLAMA's YAML, as llama-sd's server writes it: the same probes go into the
 * same bytes. Every text is quoted, so that no tag is taken for a number or for YAML.
 */
final class CollectorDocument {
  private static final String DEFAULT = "default";
  private static final String LOCAL = "127.0.0.1";

  /** To readers of YAML it is no name. */
  private static final String MERGE_KEY = "<<";

  /**
   * As llama-sd's newest server configures its probes: four flows a pair, two probes a second each.
   */
  private static final int FLOWS = 4;

  private static final double PROBES_PER_SECOND = 2.0;
  private static final int TIMEOUT_MILLIS = 1_000;

  private static final YAMLMapper YAML =
      new YAMLMapper(
          YAMLFactory.builder()
              .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
              .disable(YAMLGenerator.Feature.SPLIT_LINES)
              .disable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
              .build());

  private CollectorDocument() {}

  /**
   * The document for one probe.
   *
   * @param source who asks
   * @param targets whom it probes; itself at its own host
   */
  static String yaml(RegisteredProbe source, List<RegisteredProbe> targets, int intervalSeconds) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("summarization", ordered("interval", intervalSeconds, "handlers", 2));
    document.put("api", ordered("bind", "0.0.0.0:8100"));
    document.put(
        "ports",
        ordered(DEFAULT, ordered("ip", "0.0.0.0", "port", 0, "tos", 0, "timeout", TIMEOUT_MILLIS)));
    document.put(
        "port_groups", ordered(DEFAULT, List.of(ordered("port", DEFAULT, "count", FLOWS))));
    document.put("rate_limits", ordered(DEFAULT, ordered("cps", PROBES_PER_SECOND)));
    document.put(
        "tests",
        List.of(ordered("targets", DEFAULT, "port_group", DEFAULT, "rate_limit", DEFAULT)));
    List<Object> list = new ArrayList<>();
    for (RegisteredProbe target : targets) {
      boolean self = target.key().equals(source.key());
      list.add(
          ordered(
              "ip",
              self ? LOCAL : target.address().getHostAddress(),
              "port",
              target.registration().port(),
              "tags",
              tags(source, target)));
    }
    document.put("targets", ordered(DEFAULT, list));
    try {
      return YAML.writeValueAsString(document);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("maps of text can be written", e);
    }
  }

  /**
   * By name: the order in which a client happens to say them must change nothing. Without those for
   * which a collector refuses its whole document: one that registers must not stop the others.
   */
  private static Map<String, String> tags(RegisteredProbe source, RegisteredProbe target) {
    Map<String, String> tags = new TreeMap<>(target.tags());
    tags.keySet().removeAll(Point.Tags.RESERVED_BY_INFLUXDB);
    tags.keySet().removeAll(Point.Tags.SET_BY_COLLECTOR);
    tags.remove(MERGE_KEY);
    tags.put("dst_name", target.name());
    tags.put("dst_shortname", target.shortName());
    tags.put("src_name", source.name());
    tags.put("src_shortname", source.shortName());
    tags.put("group", RegistrationReader.clean(target.group()));
    return tags;
  }

  private static Map<String, Object> ordered(Object... pairs) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put((String) pairs[i], pairs[i + 1]);
    }
    return map;
  }
}
