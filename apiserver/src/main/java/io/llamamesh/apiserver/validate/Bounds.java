package io.llamamesh.apiserver.validate;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** The bounds that a schema sets on numbers, texts and sizes. */
final class Bounds {
  private static final Map<String, Pattern> PATTERNS = new ConcurrentHashMap<>();
  private static final Map<String, Pattern> FORMATS =
      Map.of(
          "ipv4",
          Pattern.compile("((25[0-5]|2[0-4]\\d|1?\\d?\\d)\\.){3}(25[0-5]|2[0-4]\\d|1?\\d?\\d)"),
          "ipv6",
          Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*"),
          "cidr",
          Pattern.compile("[0-9a-fA-F:.]+/\\d{1,3}"),
          "uuid",
          Pattern.compile("(?i)[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}"),
          "hostname",
          Pattern.compile("[a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?"),
          "duration",
          Pattern.compile("[-+]?(\\d+(\\.\\d*)?(ns|us|µs|ms|s|m|h|d|w)?)+"));

  /** Takes what is wrong with a value. */
  interface ValueSink {
    void invalid(String path, JsonNode value, String why);
  }

  /** Takes a whole finding. */
  interface Sink {
    void add(String reason, String path, String message);
  }

  private Bounds() {}

  static void number(JsonNode value, JsonNode schema, String path, ValueSink sink) {
    BigDecimal number = value.decimalValue();
    if (schema.has("minimum")) {
      boolean exclusive = schema.path("exclusiveMinimum").asBoolean();
      int order = number.compareTo(schema.path("minimum").decimalValue());
      if (order < 0 || (exclusive && order == 0)) {
        sink.invalid(
            path,
            value,
            "in body should be greater than "
                + (exclusive ? "" : "or equal to ")
                + schema.path("minimum"));
      }
    }
    if (schema.has("maximum")) {
      boolean exclusive = schema.path("exclusiveMaximum").asBoolean();
      int order = number.compareTo(schema.path("maximum").decimalValue());
      if (order > 0 || (exclusive && order == 0)) {
        sink.invalid(
            path,
            value,
            "in body should be less than "
                + (exclusive ? "" : "or equal to ")
                + schema.path("maximum"));
      }
    }
    if (schema.has("multipleOf")
        && number.remainder(schema.path("multipleOf").decimalValue()).signum() != 0) {
      sink.invalid(path, value, "in body should be a multiple of " + schema.path("multipleOf"));
    }
    boolean fits =
        switch (schema.path("format").asText()) {
          case "int32" -> value.canConvertToInt();
          case "int64" -> value.canConvertToLong();
          default -> true;
        };
    if (!fits) {
      sink.invalid(path, value, "in body must be of format " + schema.path("format").asText());
    }
  }

  static void text(String text, JsonNode schema, String path, Sink sink) {
    int length = text.codePointCount(0, text.length());
    if (schema.has("maxLength") && length > schema.path("maxLength").asInt()) {
      sink.add(
          "FieldValueTooLong",
          path,
          "Too long: may not be more than " + schema.path("maxLength") + " bytes");
    }
    if (length < schema.path("minLength").asInt(0)) {
      sink.add(
          "FieldValueInvalid",
          path,
          invalid(text, path)
              + " in body should be at least "
              + schema.path("minLength")
              + " chars long");
    }
    String pattern = schema.path("pattern").asText();
    if (!pattern.isEmpty()
        && !PATTERNS.computeIfAbsent(pattern, Pattern::compile).matcher(text).find()) {
      sink.add(
          "FieldValueInvalid",
          path,
          invalid(text, path) + " in body should match '" + pattern + "'");
    }
    String format = schema.path("format").asText();
    if (!format.isEmpty() && !isOfFormat(text, format)) {
      sink.add(
          "FieldValueInvalid",
          path,
          invalid(text, path) + " in body must be of type " + format + ": \"" + text + "\"");
    }
  }

  static void size(int size, JsonNode schema, String what, String path, Sink sink) {
    String noun = what.toLowerCase(Locale.ROOT);
    if (schema.has("max" + what) && size > schema.path("max" + what).asInt()) {
      sink.add(
          "FieldValueTooMany",
          path,
          "Too many: " + size + ": must have at most " + schema.path("max" + what) + " " + noun);
    }
    if (size < schema.path("min" + what).asInt(0)) {
      sink.add(
          "FieldValueInvalid",
          path,
          "Invalid value: "
              + size
              + ": "
              + path
              + " in body should have at least "
              + schema.path("min" + what)
              + " "
              + noun);
    }
  }

  /** The JSON type as schemas name it. */
  static String typeName(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> "object";
      case ARRAY -> "array";
      case STRING -> "string";
      case BOOLEAN -> "boolean";
      case NUMBER -> "number";
      default -> "null";
    };
  }

  private static String invalid(String text, String path) {
    return "Invalid value: \"" + text + "\": " + path;
  }

  private static boolean isOfFormat(String text, String format) {
    try {
      switch (format) {
        case "date-time" -> OffsetDateTime.parse(text);
        case "date" -> LocalDate.parse(text);
        case "byte" -> Base64.getDecoder().decode(text);
        case "uri" -> new URI(text);
        default -> {
          Pattern known = FORMATS.get(format);
          return known == null || known.matcher(text).matches();
        }
      }
      return true;
    } catch (DateTimeParseException | IllegalArgumentException | URISyntaxException e) {
      return false;
    }
  }
}
