package io.llamamesh.registry.directory;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.llamamesh.results.Point;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A collector's config in LLAMA's YAML, as llama-sd's server writes it: the same probes go into the
 * same bytes. Every text is quoted, so that no tag is taken for a number or for YAML.
 *
 * <p>Thousands ask for theirs each minute, and most of what they get is the same: a target's lines
 * are made once, but for the names of who asks, and a document is put together of bytes.
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

  private static final String SOURCE_NAME = "src_name";
  private static final String SOURCE_SHORT_NAME = "src_shortname";

  /** All before the first target where windows are of one second, and where that number is. */
  private static final String HEAD = headOfOneSecond();

  private static final int INTERVAL_AT = HEAD.indexOf("interval: 1\n") + "interval: ".length();

  /** How tags are indented. */
  private static final String INDENT = " ".repeat(6);

  private static final byte[] LOCAL_LINE = utf8("  - ip: \"" + LOCAL + "\"\n");

  private CollectorDocument() {}

  /**
   * A target's lines: the first, with its address, and the others between the names of who asks.
   * Its arrays are nobody's to change.
   */
  @SuppressWarnings("ArrayRecordComponent") // Put together, never compared.
  record TargetLines(byte[] address, byte[] toName, byte[] toShortName, byte[] rest) {
    /** The lines of a target, whoever probes it. */
    static TargetLines of(RegisteredProbe target) {
      String text = document(List.of(entry(target.address().getHostAddress(), "", "", target)), 1);
      String lines = text.substring(HEAD.length());
      int second = lines.indexOf('\n') + 1;
      int name = line(lines, SOURCE_NAME);
      int shortName = line(lines, SOURCE_SHORT_NAME);
      return new TargetLines(
          utf8(lines.substring(0, second)),
          utf8(lines.substring(second, name)),
          utf8(lines.substring(lines.indexOf('\n', name) + 1, shortName)),
          utf8(lines.substring(lines.indexOf('\n', shortName) + 1)));
    }

    /** Where the line of a tag begins; a text with such a line in it would be quoted. */
    private static int line(String lines, String tag) {
      return lines.indexOf("\n" + INDENT + tag + ": ") + 1;
    }

    int bytes() {
      return address.length + toName.length + toShortName.length + rest.length;
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** All before the first target. */
  private static String head(int intervalSeconds) {
    return HEAD.substring(0, INTERVAL_AT) + intervalSeconds + HEAD.substring(INTERVAL_AT + 1);
  }

  private static String headOfOneSecond() {
    String whole = document(List.of(""), 1);
    String list = "\n  " + DEFAULT + ":\n";
    return whole.substring(0, whole.lastIndexOf(list) + list.length());
  }

  /**
   * The document for one probe, in UTF-8.
   *
   * @param source who asks
   * @param targets whom it probes; itself at its own host
   */
  static byte[] yaml(RegisteredProbe source, List<RegisteredProbe> targets, int intervalSeconds) {
    byte[] head = utf8(head(intervalSeconds));
    byte[] name = utf8(INDENT + SOURCE_NAME + ": " + text(source.name()));
    byte[] shortName = utf8(INDENT + SOURCE_SHORT_NAME + ": " + text(source.shortName()));
    int bytes = head.length;
    for (RegisteredProbe target : targets) {
      bytes += target.lines().bytes() + name.length + shortName.length + LOCAL_LINE.length;
    }
    ByteArrayOutputStream document = new ByteArrayOutputStream(bytes);
    document.writeBytes(head);
    for (RegisteredProbe target : targets) {
      TargetLines lines = target.lines();
      boolean self = target.key().equals(source.key());
      document.writeBytes(self ? LOCAL_LINE : lines.address());
      document.writeBytes(lines.toName());
      document.writeBytes(name);
      document.writeBytes(lines.toShortName());
      document.writeBytes(shortName);
      document.writeBytes(lines.rest());
    }
    return document.toByteArray();
  }

  /** A text as YAML has it, with a line's end. */
  private static String text(String text) {
    try {
      return YAML.writeValueAsString(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("text can be written", e);
    }
  }

  private static Map<String, Object> entry(
      String ip, String sourceName, String sourceShortName, RegisteredProbe target) {
    return ordered(
        "ip",
        ip,
        "port",
        target.registration().port(),
        "tags",
        tags(sourceName, sourceShortName, target));
  }

  /** A whole document, written by the library: slow, and the measure of what is put together. */
  private static String document(List<?> targets, int intervalSeconds) {
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
    document.put("targets", ordered(DEFAULT, targets));
    try {
      return YAML.writeValueAsString(document);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("maps of text can be written", e);
    }
  }

  /** The same document by the library alone, for tests. */
  static String slowly(RegisteredProbe source, List<RegisteredProbe> targets, int interval) {
    return document(
        targets.stream()
            .map(target ->
                entry(
                    target.key().equals(source.key()) ? LOCAL : target.address().getHostAddress(),
                    source.name(),
                    source.shortName(),
                    target))
            .toList(),
        interval);
  }

  /**
   * By name: the order in which a client happens to say them must change nothing. Without those for
   * which a collector refuses its whole document: one that registers must not stop the others.
   */
  private static Map<String, String> tags(
      String sourceName, String sourceShortName, RegisteredProbe target) {
    Map<String, String> tags = new TreeMap<>(target.tags());
    tags.keySet().removeAll(Point.Tags.RESERVED_BY_INFLUXDB);
    tags.keySet().removeAll(Point.Tags.SET_BY_COLLECTOR);
    tags.remove(MERGE_KEY);
    tags.put("dst_name", target.name());
    tags.put("dst_shortname", target.shortName());
    tags.put(SOURCE_NAME, sourceName);
    tags.put(SOURCE_SHORT_NAME, sourceShortName);
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
