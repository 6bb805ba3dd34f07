package io.llamamesh.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.util.StringQuotingChecker;
import java.io.Serial;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * Reads and writes the collector's config document in its three spellings: LLAMA's full YAML, its
 * superset, and the legacy form {@code ip: {tag: value}} of the Python LLAMA. SnakeYAML's composer
 * reads it, so that anchors, aliases and merge keys mean what YAML says, and texts stay as they are
 * written; keys that are not understood are noted and ignored, as LLAMA does and as a newer
 * operator needs it.
 *
 * <p>Thread-safe. The same document always comes out as the same bytes.
 */
public final class CollectorConfigYaml {
  /** Longest document that is read, in characters: a ConfigMap holds at most 1 MiB. */
  public static final int MAX_CHARACTERS = 4 << 20;

  private static final String BYTE_ORDER_MARK = "\ufeff";

  /** Characters of the parser's own words. */
  private static final int MAX_PROBLEM = 200;

  private static final YAMLMapper MAPPER = mapper();

  private CollectorConfigYaml() {}

  /**
   * A document as it was read.
   *
   * @param config what it says
   * @param ignored keys that are not understood and were skipped, each with its path and line, at
   *     most 100
   */
  public record Document(CollectorConfig config, List<String> ignored) {
    public Document {
      ignored = List.copyOf(ignored);
    }
  }

  /** Reads a document for a collector whose own host name is not known. */
  public static Document read(String yaml, int legacyPort) throws InvalidConfigException {
    return read(yaml, legacyPort, null);
  }

  /**
   * Reads a document. Of several in one text the first counts, as with LLAMA.
   *
   * @param yaml the document
   * @param legacyPort the reflectors' port for the legacy form, which names none (LLAMA's {@code
   *     -llama.dst-port})
   * @param hostName what the legacy form's {@code src_hostname} is; null where nobody knows
   * @throws InvalidConfigException where it does not parse or check; the message is one line that
   *     names the field, its line and what is allowed
   */
  public static Document read(String yaml, int legacyPort, @Nullable String hostName)
      throws InvalidConfigException {
    if (yaml.length() > MAX_CHARACTERS) {
      throw tooLong();
    }
    ConfigReader reader = new ConfigReader();
    YamlValue document = YamlValue.root(compose(yaml, reader));
    if (document.isNull()) {
      throw new InvalidConfigException("the document is empty");
    }
    if (!document.isMapping()) {
      throw document.wrong("must be a mapping: sections, or ADDRESS: {TAG: VALUE}");
    }
    if (!LegacyConfig.isLegacy(document)) {
      return new Document(reader.read(document), reader.ignored());
    }
    try {
      return new Document(
          LegacyConfig.of(reader.reflectors(document), legacyPort, hostName), reader.ignored());
    } catch (IllegalArgumentException e) {
      throw document.wrong(e);
    }
  }

  /** The config of LLAMA's collector that has none: it probes a reflector on 127.0.0.1. */
  public static CollectorConfig llamaDefault(int port) {
    return LegacyConfig.ofNothing(port);
  }

  static InvalidConfigException tooLong() {
    return new InvalidConfigException(
        "the document is longer than the " + MAX_CHARACTERS + " characters that are read");
  }

  private static Node compose(String yaml, ConfigReader reader) throws InvalidConfigException {
    String text = yaml.startsWith(BYTE_ORDER_MARK) ? yaml.substring(1) : yaml;
    checkCharacters(text);
    LoaderOptions options = options();
    StreamReader stream = new StreamReader(text);
    Composer composer = new Composer(new ParserImpl(stream, options), new Resolver(), options);
    try {
      Node first = composer.checkNode() ? composer.getNode() : null;
      if (first == null) {
        throw new InvalidConfigException("the document is empty");
      }
      if (hasMore(composer)) {
        reader.ignore("a second document behind the first one");
      }
      return first;
    } catch (MarkedYAMLException e) {
      Mark mark = e.getProblemMark();
      throw new InvalidConfigException(
          "is not YAML: "
              + YamlValue.abbreviated(String.valueOf(e.getProblem()), MAX_PROBLEM)
              + (String.valueOf(e.getProblem()).startsWith("expected the node content")
                  ? "; put a text that begins so in quotes"
                  : "")
              + (mark == null ? "" : " (line " + (mark.getLine() + 1) + ")"),
          e);
    } catch (YAMLException e) {
      String problem = YamlValue.abbreviated(String.valueOf(e.getMessage()), MAX_PROBLEM);
      throw new InvalidConfigException(
          "is not read: " + problem + " (line " + (stream.getLine() + 1) + ")", e);
    }
  }

  /** The parser would name no line. */
  private static void checkCharacters(String text) throws InvalidConfigException {
    int line = 1;
    for (int at = 0; at < text.length(); ) {
      int character = text.codePointAt(at);
      if (!StreamReader.isPrintable(character)) {
        throw new InvalidConfigException(
            String.format(
                Locale.ROOT,
                "is not YAML: has the character U+%04X, which must be left out or escaped in quotes"
                    + " (line %d)",
                character,
                line));
      }
      line += character == '\n' ? 1 : 0;
      at += Character.charCount(character);
    }
  }

  /** Whatever stands behind the first document need not even be YAML. */
  private static boolean hasMore(Composer composer) {
    try {
      return composer.checkNode();
    } catch (YAMLException e) {
      return true;
    }
  }

  private static LoaderOptions options() {
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(MAX_CHARACTERS);
    // An alias costs nothing: each mapping is resolved once, and targets are counted.
    options.setMaxAliasesForCollections(MAX_CHARACTERS);
    options.setNestingDepthLimit(20);
    return options;
  }

  /** Writes a document; {@link #read} gives back an equal one. */
  public static String write(CollectorConfig config) {
    return text(config);
  }

  /** Writes targets as a list of their own, not indented. */
  static String write(List<CollectorConfig.Target> targets) {
    return text(targets);
  }

  private static String text(Object checked) {
    try {
      return MAPPER.writeValueAsString(checked);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a checked config must be writable", e);
    }
  }

  private static YAMLMapper mapper() {
    YAMLFactory factory =
        YAMLFactory.builder()
            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
            // Else a tag value such as `1.0` or `true` comes back as a number or a boolean.
            .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .disable(YAMLGenerator.Feature.SPLIT_LINES)
            .stringQuotingChecker(new Quoting())
            .build();
    return new YAMLMapper(factory);
  }

  /** A tag may be called like the merge key. */
  private static final class Quoting extends StringQuotingChecker.Default {
    @Serial private static final long serialVersionUID = 1L;

    @Override
    public boolean needToQuoteName(String name) {
      return name.equals("<<") || super.needToQuoteName(name);
    }
  }
}
