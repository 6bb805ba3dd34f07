package io.llamamesh.registry.directory;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads registrations of every revision of llama-sd's clients, and of ours. What clients of one
 * revision leave out is filled in; what nobody may say is refused with the field and the remedy.
 */
public final class RegistrationReader {
  /** Longest body, in bytes: some fifty tags. */
  public static final int MAX_BYTES = 16 << 10;

  static final int MAX_KEEPALIVE_SECONDS = 30 * 86_400;
  private static final int MAX_TAGS = 48;
  private static final int MAX_TAG_NAME = 64;
  private static final int MAX_TAG_TEXT = 256;
  private static final int MAX_INSTANCE = 64;
  private static final int MAX_DEPTH = 8;
  private static final int MAX_PORT = 65_535;

  private static final Pattern GROUP = Pattern.compile("[^/\\p{Cc}\\p{Cs}]{1,64}");
  private static final Pattern INSTANCE = Pattern.compile("[0-9A-Za-z_.-]{8," + MAX_INSTANCE + "}");

  /** The last probe of llama-sd writes its address without quotes. */
  private static final Pattern BARE_IP =
      Pattern.compile("(\"ip\"\\s*:\\s*)([0-9a-fA-F:.]{2,45}+)(\\s*[,}])");

  private static final TypeReference<LinkedHashMap<String, Object>> OBJECT =
      new TypeReference<>() {};

  /** As Python's: keys sorted, ASCII, compact. */
  static final JsonMapper JSON = mapper();

  private RegistrationReader() {}

  /**
   * Reads the body of a request.
   *
   * @throws RequestRefusedException where it is no registration, saying which member is wrong
   */
  public static Registration read(byte[] body, RegistrySettings settings)
      throws RequestRefusedException {
    return of(object(body), settings);
  }

  /**
   * Reads what was saved.
   *
   * @throws RequestRefusedException where it may no longer be here
   */
  static Registration read(String document, @Nullable String instance, RegistrySettings settings)
      throws RequestRefusedException {
    Map<String, Object> members = object(document.getBytes(StandardCharsets.UTF_8));
    if (instance != null) {
      members.put("instance", instance);
    }
    return of(members, settings);
  }

  private static Registration of(Map<String, Object> posted, RegistrySettings settings)
      throws RequestRefusedException {
    SortedMap<String, Object> document = new TreeMap<>(posted);
    document.remove("instance");
    int port = port(posted.get("port"));
    document.put("port", port);
    double keepalive = settings.defaultKeepaliveSeconds();
    if (posted.get("keepalive") == null) {
      document.put("keepalive", number(keepalive));
    } else {
      keepalive = keepalive(posted.get("keepalive"));
    }
    String group = group(posted.get("group"), settings);
    document.put("group", group);
    if (posted.get("push") != null && !(posted.get("push") instanceof Boolean)) {
      throw bad("'push' must be true or false, was " + shown(posted.get("push")));
    }
    return new Registration(
        group,
        port,
        keepalive,
        ip(posted.get("ip")),
        tags(posted.get("tags")),
        instance(posted.get("instance")),
        text(document));
  }

  private static JsonMapper mapper() {
    JsonMapper mapper =
        JsonMapper.builder()
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
            .build();
    mapper
        .getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                .maxStringLength(MAX_BYTES)
                .maxNumberLength(32)
                .build());
    return mapper;
  }

  private static Map<String, Object> object(byte[] body) throws RequestRefusedException {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      throw bad("the body is not UTF-8; post a JSON object");
    }
    try {
      return parsed(text);
    } catch (JsonProcessingException first) {
      try {
        return parsed(BARE_IP.matcher(text).replaceFirst("$1\"$2\"$3"));
      } catch (JsonProcessingException e) {
        throw bad("the body is no JSON object: " + clean(first.getOriginalMessage()));
      }
    }
  }

  /** A text as JSON has it, in UTF-8. */
  static byte[] jsonText(String text) {
    try {
      return JSON.writeValueAsBytes(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("text can be written", e);
    }
  }

  /** The members of a document that was read before. */
  static SortedMap<String, Object> members(String document) {
    try {
      return new TreeMap<>(parsed(document));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what was written can be read", e);
    }
  }

  private static Map<String, Object> parsed(String text) throws JsonProcessingException {
    Map<String, Object> object = JSON.readerFor(OBJECT).readValue(text);
    return object == null ? new LinkedHashMap<>() : object;
  }

  private static int port(@Nullable Object value) throws RequestRefusedException {
    if (value == null) {
      throw bad("'port' is a required property: the UDP port of the reflector, usually 8100");
    }
    if (value instanceof Number number) {
      double port = number.doubleValue();
      if (port >= 1 && port <= MAX_PORT && port == Math.rint(port)) {
        return (int) port;
      }
    }
    throw bad("'port' must be a whole number from 1 to 65535, was " + shown(value));
  }

  private static double keepalive(Object value) throws RequestRefusedException {
    if (value instanceof Number number
        && number.doubleValue() > 0
        && number.doubleValue() <= MAX_KEEPALIVE_SECONDS) {
      return number.doubleValue();
    }
    throw bad(
        "'keepalive' must be seconds above 0, up to "
            + MAX_KEEPALIVE_SECONDS
            + ", was "
            + shown(value));
  }

  private static String group(@Nullable Object value, RegistrySettings settings)
      throws RequestRefusedException {
    if (value == null || value.equals("")) {
      return settings.defaultGroup();
    }
    if (value instanceof String group) {
      try {
        checkGroup(group);
        return group;
      } catch (IllegalArgumentException e) {
        throw bad(String.valueOf(e.getMessage()));
      }
    }
    throw bad("'group' must be a string, was " + shown(value));
  }

  static void checkGroup(String group) {
    if (!GROUP.matcher(group).matches() || group.equals(".") || group.equals("..")) {
      throw new IllegalArgumentException(
          "'group' must have 1 to 64 characters and no '/', was " + shown(group));
    }
  }

  private static @Nullable String ip(@Nullable Object value) throws RequestRefusedException {
    if (value == null || value.equals("")) {
      return null;
    }
    if (value instanceof String text && IpAddresses.parse(text) != null) {
      return text;
    }
    throw bad("'ip' must be an IPv4 or IPv6 address, names are not looked up; was " + shown(value));
  }

  private static @Nullable String instance(@Nullable Object value) throws RequestRefusedException {
    if (value == null) {
      return null;
    }
    if (value instanceof String text && INSTANCE.matcher(text).matches()) {
      return text;
    }
    throw bad("'instance' must be 8 to 64 letters, digits, '_', '.' or '-', such as a UUID");
  }

  private static Map<String, String> tags(@Nullable Object value) throws RequestRefusedException {
    if (value == null) {
      return Map.of();
    }
    if (!(value instanceof Map<?, ?> posted)) {
      throw bad("'tags' must be an object of strings, was " + shown(value));
    }
    if (posted.size() > MAX_TAGS) {
      throw bad("'tags' must have at most " + MAX_TAGS + " members, had " + posted.size());
    }
    Map<String, String> tags = new LinkedHashMap<>();
    for (Map.Entry<?, ?> tag : posted.entrySet()) {
      String name = clean(String.valueOf(tag.getKey())).strip();
      Object content = tag.getValue();
      if (name.isEmpty() || name.length() > MAX_TAG_NAME) {
        throw bad("'tags' must have names of 1 to " + MAX_TAG_NAME + " characters");
      }
      String text = content == null ? "" : clean(text(content)).strip();
      if (text.length() > MAX_TAG_TEXT) {
        throw bad(
            "'tags.%s' must have at most %d characters, had %d"
                .formatted(name, MAX_TAG_TEXT, text.length()));
      }
      // A tag without a value is none to any store.
      if (!text.isEmpty()) {
        tags.put(name, text);
      }
    }
    return tags;
  }

  private static String text(Object content) {
    if (content instanceof String text) {
      return text;
    }
    try {
      return JSON.writeValueAsString(content);
    } catch (IOException e) {
      throw new IllegalStateException("what was read can be written", e);
    }
  }

  /** A number as JSON has it in configs: without a fraction where it has none. */
  private static Number number(double value) {
    if (value == Math.rint(value)) {
      return (long) value;
    }
    return value;
  }

  private static String shown(Object value) {
    String text = clean(text(value));
    return text.length() > 40 ? text.substring(0, 40) + "…" : text;
  }

  /** Text for logs, messages and tags: what moves the cursor or breaks a line is a blank. */
  public static String clean(String text) {
    StringBuilder clean = new StringBuilder(text.length());
    text.codePoints()
        .forEach(point -> {
          int type = Character.getType(point);
          boolean harmful =
              type == Character.CONTROL
                  || type == Character.FORMAT
                  || type == Character.SURROGATE
                  || type == Character.LINE_SEPARATOR
                  || type == Character.PARAGRAPH_SEPARATOR
                  || type == Character.UNASSIGNED;
          clean.appendCodePoint(harmful ? ' ' : point);
        });
    return clean.toString();
  }

  private static RequestRefusedException bad(String message) {
    return new RequestRefusedException(RequestRefusedException.BAD_REQUEST, message);
  }
}
