package io.llamamesh.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.deser.DeserializationProblemHandler;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.Serial;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;

/**
 * Reads and writes the collector's config document in its three spellings: LLAMA's full YAML, its
 * superset, and the legacy form {@code ip: {tag: value}} of the Python LLAMA.
 *
 * <p>Thread-safe. The same document always comes out as the same bytes.
 */
public final class CollectorConfigYaml {
  /** Longest document that is read, in characters: a ConfigMap holds at most 1 MiB. */
  public static final int MAX_CHARACTERS = 4 << 20;

  private static final Set<String> SECTIONS =
      Set.of(
          "version",
          "mesh",
          "source",
          "summarization",
          "api",
          "ports",
          "port_groups",
          "rate_limits",
          "tests",
          "targets",
          "retention",
          "ingest");

  private static final TypeReference<Map<String, @Nullable Map<String, String>>> LEGACY_TYPE =
      new TypeReference<>() {};

  private static final YAMLMapper MAPPER = mapper();

  private CollectorConfigYaml() {}

  /**
   * A document as it was read.
   *
   * @param config what it says
   * @param ignored unknown keys that were skipped since the document carries {@code version}; else
   *     empty
   */
  public record Document(CollectorConfig config, List<String> ignored) {
    public Document {
      ignored = List.copyOf(ignored);
    }
  }

  /**
   * Reads a document.
   *
   * @param yaml the document
   * @param legacyPort the reflectors' port for the legacy form, which names none (LLAMA's {@code
   *     -llama.dst-port})
   * @throws InvalidConfigException where it does not parse or check; the message names the field
   *     and the line
   */
  public static Document read(String yaml, int legacyPort) throws InvalidConfigException {
    if (yaml.length() > MAX_CHARACTERS) {
      throw new InvalidConfigException(
          "the document has "
              + yaml.length()
              + " characters, at most "
              + MAX_CHARACTERS
              + " are read");
    }
    try {
      JsonNode tree = MAPPER.readTree(yaml);
      if (tree == null || tree.isMissingNode() || tree.isNull()) {
        throw new InvalidConfigException("the document is empty");
      }
      if (!tree.isObject()) {
        throw new InvalidConfigException("the document must be a mapping of sections");
      }
      if (LegacyConfig.isLegacy(tree, SECTIONS)) {
        Map<String, @Nullable Map<String, String>> tags = MAPPER.readValue(yaml, LEGACY_TYPE);
        return new Document(LegacyConfig.of(tags, legacyPort), List.of());
      }
      UnknownKeys unknown = new UnknownKeys(tree.has("version"));
      ObjectReader reader = MAPPER.readerFor(CollectorConfig.class).withHandler(unknown);
      CollectorConfig config = reader.readValue(yaml);
      return new Document(config, unknown.seen);
    } catch (JsonProcessingException e) {
      throw new InvalidConfigException(message(yaml, e), e);
    } catch (IllegalArgumentException e) {
      throw new InvalidConfigException(String.valueOf(e.getMessage()), e);
    }
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
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(MAX_CHARACTERS);
    options.setMaxAliasesForCollections(50);
    options.setNestingDepthLimit(20);
    YAMLFactory factory =
        YAMLFactory.builder()
            .loaderOptions(options)
            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
            // Else a tag value such as `1.0` or `true` comes back as a number or a boolean.
            .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .disable(YAMLGenerator.Feature.SPLIT_LINES)
            .build();
    return YAMLMapper.builder(factory)
        .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
        .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
        .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
        .withCoercionConfig(
            LogicalType.Map,
            coercion -> coercion.setCoercion(CoercionInputShape.EmptyString, CoercionAction.AsNull))
        .withCoercionConfig(
            String.class,
            coercion ->
                coercion
                    .setCoercion(CoercionInputShape.Integer, CoercionAction.TryConvert)
                    .setCoercion(CoercionInputShape.Float, CoercionAction.TryConvert)
                    .setCoercion(CoercionInputShape.Boolean, CoercionAction.TryConvert))
        .build();
  }

  /** What a value of this type looks like, for people. */
  private static String kind(Class<?> type) {
    if (Collection.class.isAssignableFrom(type)) {
      return "a list";
    }
    if (Number.class.isAssignableFrom(type) || (type.isPrimitive() && type != boolean.class)) {
      return "a number";
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    return type == String.class ? "text" : "a map of keys and values";
  }

  private static String message(String yaml, JsonProcessingException e) {
    Throwable cause = e.getCause();
    String what =
        e instanceof ValueInstantiationException && cause != null && cause.getMessage() != null
            ? cause.getMessage()
            : e instanceof MismatchedInputException mismatch && mismatch.getTargetType() != null
                ? "must be " + kind(mismatch.getTargetType())
                : String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("unreadable");
    List<String> path = new ArrayList<>();
    if (e instanceof JsonMappingException mapping) {
      for (JsonMappingException.Reference reference : mapping.getPath()) {
        path.add(
            reference.getFieldName() == null
                ? Integer.toString(reference.getIndex())
                : reference.getFieldName());
      }
    }
    if (e instanceof UnknownKeyException unknown) {
      path.add(unknown.key);
    }
    JsonLocation location = e.getLocation();
    int line = path.isEmpty() && location != null ? location.getLineNr() : lineOf(yaml, path);
    return (path.isEmpty() ? "" : String.join(".", path) + ": ")
        + what
        + (line > 0 ? " (line " + line + ")" : "");
  }

  /**
   * Where a path stands in the text: a record's keys are buffered while it is read, and lose their
   * places.
   */
  private static int lineOf(String yaml, List<String> path) {
    JsonPointer wanted = JsonPointer.empty();
    for (String part : path) {
      wanted = wanted.append(JsonPointer.compile("/" + part.replace("~", "~0").replace("/", "~1")));
    }
    try (JsonParser parser = MAPPER.createParser(yaml)) {
      while (parser.nextToken() != null) {
        if (parser.getParsingContext().pathAsPointer().equals(wanted)) {
          return parser.currentTokenLocation().getLineNr();
        }
      }
    } catch (IOException e) {
      return 0; // It did not parse up to there: the parser's own message names the place.
    }
    return 0;
  }

  /** Refuses an unknown key, or notes and skips it in a document of a newer operator. */
  private static final class UnknownKeys extends DeserializationProblemHandler {
    private static final int MAX_NOTED = 100;
    private final boolean tolerated;
    private final List<String> seen = new ArrayList<>();

    UnknownKeys(boolean tolerated) {
      this.tolerated = tolerated;
    }

    @Override
    public boolean handleUnknownProperty(
        DeserializationContext context,
        JsonParser parser,
        JsonDeserializer<?> deserializer,
        Object beanOrClass,
        String name)
        throws IOException {
      if (!tolerated) {
        throw new UnknownKeyException(parser, name);
      }
      if (seen.size() < MAX_NOTED) {
        seen.add(name);
      }
      parser.skipChildren();
      return true;
    }
  }

  private static final class UnknownKeyException extends JsonMappingException {
    @Serial private static final long serialVersionUID = 1L;
    private final String key;

    UnknownKeyException(JsonParser parser, String key) {
      super(parser, "unknown key");
      this.key = key;
    }
  }
}
