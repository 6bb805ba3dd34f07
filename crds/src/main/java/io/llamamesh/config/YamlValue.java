package io.llamamesh.config;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * A value of a YAML document and its path in it. Readers ask for the kind that they need; a value
 * of another kind is refused with path, line, and what to write instead.
 *
 * <p>Texts are what stands in the file: {@code yes}, {@code 01} and {@code 1.0} stay as they are
 * where a text is wanted. Numbers are those on which YAML 1.1, YAML 1.2 and Go's reader agree;
 * {@code 010} is eight to some and ten to others, and refused.
 *
 * <p>Paths are made when somebody asks: a document of many values has few complaints.
 */
final class YamlValue {
  private static final int MAX_SHOWN = 40;
  private static final int MAX_SURROGATE = 0xdfff;
  private static final Pattern DECIMAL =
      Pattern.compile(
          "[-+]?((0|[1-9][0-9]{0,30})([.][0-9]{0,30})?|[.][0-9]{1,30})([eE][-+]?[0-9]{1,3})?");
  private static final Pattern HEX = Pattern.compile("0x[0-9a-fA-F]{1,8}");

  /** Octal or not, grouped digits, binary, base sixty: each YAML has its own. */
  private static final Pattern AMBIGUOUS =
      Pattern.compile(
          "[-+]?(0[0-9_]+([.][0-9_]*)?|[0-9][0-9_]*_[0-9_.]*|0[bBoOX][0-9a-fA-F_]+"
              + "|[0-9]+(:[0-9]+)+([.][0-9]*)?|0x[0-9a-fA-F]*_[0-9a-fA-F_]*)");

  private static final String STANDARD = "tag:yaml.org,2002:";

  private final YamlMerges merges;
  private final @Nullable Node node;
  private final @Nullable YamlValue parent;
  private final String name;
  private final int line;

  private YamlValue(
      YamlMerges merges, @Nullable Node node, @Nullable YamlValue parent, String name, int line) {
    this.merges = merges;
    this.node = node;
    this.parent = parent;
    this.name = name;
    this.line = line;
  }

  static YamlValue root(Node node) {
    return new YamlValue(new YamlMerges(), node, null, "", line(node));
  }

  private YamlValue below(String key, @Nullable Node value) {
    return new YamlValue(merges, value, this, key, value == null ? line : line(value));
  }

  private static int line(Node node) {
    return node.getStartMark() == null ? 0 : node.getStartMark().getLine() + 1;
  }

  /** Its path, such as {@code targets.default[3].port}; empty for the document itself. */
  String path() {
    String above = parent == null ? "" : parent.path();
    String own = abbreviated(name);
    return above.isEmpty() || name.startsWith("[") ? above + own : above + "." + own;
  }

  /** The line that it begins on, counted from one. */
  int line() {
    return line;
  }

  /** A refusal of this value. */
  InvalidConfigException wrong(String problem) {
    String path = path();
    return new InvalidConfigException(
        (path.isEmpty() ? "the document" : path) + " " + problem + " (line " + line + ")");
  }

  /** The refusal that a record's constructor had for what was read from here. */
  InvalidConfigException wrong(IllegalArgumentException problem) {
    if (!(problem instanceof FieldException field)) {
      return wrong(String.valueOf(problem.getMessage()));
    }
    YamlValue at = this;
    for (String key : field.path()) {
      at = at.step(key);
    }
    return at.wrong(field.problem());
  }

  /** The refusal of a document that has nothing at that key. */
  InvalidConfigException missing(String key) {
    return step(key).wrong("is missing");
  }

  /**
   * The value below that key or index; where there is none, the line stays that of what is above.
   */
  private YamlValue step(String key) {
    try {
      if (node instanceof SequenceNode && key.startsWith("[")) {
        return list().get(Integer.parseInt(key, 1, key.length() - 1, 10));
      }
      YamlValue below = node instanceof MappingNode ? mapping().get(key) : null;
      if (below != null) {
        return below;
      }
    } catch (InvalidConfigException e) {
      // It was read before; only the bound on values is left to be met, and this is near enough.
    }
    return below(key, null);
  }

  /** Nothing, {@code null} or {@code ~}. */
  boolean isNull() {
    return node == null || (node instanceof ScalarNode && node.getTag().equals(Tag.NULL));
  }

  boolean isMapping() {
    return node instanceof MappingNode;
  }

  boolean isScalar() {
    return node instanceof ScalarNode;
  }

  /** A mapping's values by key, in order; keys of {@code <<} behind its own. Nothing is none. */
  Map<String, YamlValue> mapping() throws InvalidConfigException {
    // Some write a section that has nothing in it as an empty text.
    if (isNull() || (node instanceof ScalarNode scalar && scalar.getValue().isEmpty())) {
      return Map.of();
    }
    if (!(node instanceof MappingNode mapping)) {
      throw wrong("must be a map of keys and values");
    }
    checkTag(mapping);
    Map<String, Node> keys = merges.flatten(this, mapping);
    merges.count(this, keys.size());
    Map<String, YamlValue> values = new LinkedHashMap<>();
    keys.forEach((key, value) -> values.put(key, below(key, value)));
    return values;
  }

  /** A list's values; nothing is none. */
  List<YamlValue> list() throws InvalidConfigException {
    if (isNull()) {
      return List.of();
    }
    if (!(node instanceof SequenceNode sequence)) {
      throw wrong("must be a list");
    }
    checkTag(sequence);
    merges.count(this, sequence.getValue().size());
    List<YamlValue> values = new ArrayList<>(sequence.getValue().size());
    for (Node item : sequence.getValue()) {
      values.add(below(ReferenceCheck.index(values.size()), item));
    }
    return values;
  }

  /** A text as it stands in the file; null for nothing. */
  @Nullable String text() throws InvalidConfigException {
    if (isNull()) {
      return null;
    }
    if (!(node instanceof ScalarNode scalar)) {
      throw wrong("must be text; put it in quotes if it begins with [ or {");
    }
    checkTag(scalar);
    String text = scalar.getValue();
    if (text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= MAX_SURROGATE)) {
      throw wrong("has half of a pair of \\u escapes, which is no character; leave it out");
    }
    return text;
  }

  /**
   * A whole number; null for nothing.
   *
   * @param meant what it counts, such as {@code a number of seconds}: most write a unit behind it
   */
  @Nullable Integer integer(String meant) throws InvalidConfigException {
    BigDecimal number = number(meant);
    if (number == null) {
      return null;
    }
    try {
      return number.intValueExact();
    } catch (ArithmeticException e) {
      boolean whole = number.stripTrailingZeros().scale() <= 0;
      throw wrong(
          (whole ? "is out of all bounds, was " : "must be a whole number, was ")
              + abbreviated(String.valueOf(text())));
    }
  }

  /** A number; null for nothing. */
  @Nullable Double decimal(String meant) throws InvalidConfigException {
    BigDecimal number = number(meant);
    return number == null ? null : number.doubleValue();
  }

  private @Nullable BigDecimal number(String meant) throws InvalidConfigException {
    if (isNull()) {
      return null;
    }
    if (!(node instanceof ScalarNode scalar)) {
      throw wrong("must be " + meant);
    }
    checkTag(scalar);
    String text = scalar.getValue();
    if (text.length() > MAX_SHOWN) {
      throw wrong("must be " + meant + ", was '" + abbreviated(text) + "'");
    }
    boolean numeric = scalar.getTag().equals(Tag.INT) || scalar.getTag().equals(Tag.FLOAT);
    if (numeric && HEX.matcher(text).matches()) {
      return BigDecimal.valueOf(Long.parseLong(text, 2, text.length(), 16));
    }
    if (AMBIGUOUS.matcher(text).matches()) {
      throw wrong(
          "must be a plain decimal number without leading zeros and underscores: readers of YAML take"
              + " 010, 1_000, 0b1 and 1:30 for different things; was "
              + abbreviated(text));
    }
    if (!numeric || !DECIMAL.matcher(text).matches()) {
      boolean quoted = !scalar.isPlain() && DECIMAL.matcher(text).matches();
      throw wrong(
          "must be "
              + meant
              + (quoted ? " without quotes" : "")
              + ", was '"
              + abbreviated(text)
              + "'");
    }
    return new BigDecimal(text);
  }

  /** True or false; null for nothing. */
  @Nullable Boolean flag() throws InvalidConfigException {
    if (isNull()) {
      return null;
    }
    checkTag(Objects.requireNonNull(node));
    String text = node instanceof ScalarNode scalar && scalar.isPlain() ? scalar.getValue() : "";
    return switch (text) {
      case "true", "True", "TRUE" -> true;
      case "false", "False", "FALSE" -> false;
      default -> throw wrong("must be true or false, without quotes");
    };
  }

  /** A tag of somebody's own may mean anything, {@code !!binary} another text. */
  private void checkTag(Node tagged) throws InvalidConfigException {
    checkTag(this, tagged);
  }

  /** The same of a node that is at a value, such as one of its keys. */
  static void checkTag(YamlValue at, Node tagged) throws InvalidConfigException {
    String tag = tagged.getTag().getValue();
    if (!tag.startsWith(STANDARD) || tagged.getTag().equals(Tag.BINARY)) {
      throw at.wrong("has the tag " + abbreviated(tag) + ", which is not understood; leave it out");
    }
  }

  /** Somebody's text as part of a line for people. */
  static String abbreviated(String text) {
    return abbreviated(text, MAX_SHOWN);
  }

  /** The same, cut to that many characters. */
  static String abbreviated(String text, int most) {
    StringBuilder shown = new StringBuilder();
    text.codePoints()
        .limit(most)
        .forEach(c -> shown.appendCodePoint(Character.isISOControl(c) || isBreak(c) ? '?' : c));
    return text.codePointCount(0, text.length()) > most ? shown + "…" : shown.toString();
  }

  /** Line and paragraph separator, and halves of surrogate pairs. */
  private static boolean isBreak(int c) {
    return c == 0x2028 || c == 0x2029 || (c >= 0xd800 && c <= 0xdfff);
  }
}
