package io.llamamesh.agent.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llamamesh.fabric.crdt.Counter;
import io.llamamesh.fabric.crdt.Crdt;
import io.llamamesh.fabric.crdt.DocumentLimits;
import io.llamamesh.fabric.crdt.ElementSet;
import io.llamamesh.fabric.crdt.Field;
import io.llamamesh.fabric.crdt.FieldMap;
import io.llamamesh.fabric.crdt.FieldType;
import io.llamamesh.fabric.crdt.Flag;
import io.llamamesh.fabric.crdt.Operation;
import io.llamamesh.fabric.crdt.Register;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Values and operations of the replicated store as JSON. */
final class StoreJson {

  private static final int MAX_OPERATIONS = 10_000;

  /**
   * Names, values and brackets of a body: as many as its operations and their elements may have.
   */
  private static final int MAX_TOKENS = 1 << 17;

  /** What a text or number of an operation takes beside its characters. */
  private static final int TOKEN_BYTES = 96;

  /** Reads what has one text of a mebibyte, and maps as deep as they may be. */
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(3 * DocumentLimits.MAX_DEPTH)
                          .maxStringLength(DocumentLimits.MAX_TEXT_BYTES)
                          .build())
                  .build())
          .build();

  private StoreJson() {}

  /** The mapper for values and operations; thread-safe, not to be reconfigured. */
  static JsonMapper mapper() {
    return MAPPER;
  }

  /** Writes a map of typed fields as an object: fields by their type, then by their name. */
  static void write(JsonGenerator json, FieldMap value) throws IOException {
    json.writeStartObject();
    for (FieldType type : FieldType.values()) {
      boolean isBegun = false;
      for (Map.Entry<Field, Crdt> field : value.fields().entrySet()) {
        if (field.getKey().type() == type) {
          if (!isBegun) {
            json.writeObjectFieldStart(plural(type));
            isBegun = true;
          }
          json.writeFieldName(field.getKey().name());
          write(json, field.getValue());
        }
      }
      if (isBegun) {
        json.writeEndObject();
      }
    }
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Crdt field) throws IOException {
    switch (field) {
      case Counter counter -> json.writeNumber(counter.value());
      case Flag flag -> json.writeBoolean(flag.isEnabled());
      case Register register -> json.writeString(register.value().orElse(""));
      case ElementSet set -> {
        json.writeStartArray();
        for (String element : set.elements()) {
          json.writeString(element);
        }
        json.writeEndArray();
      }
      case FieldMap map -> write(json, map);
    }
  }

  private static String plural(FieldType type) {
    return type.name().toLowerCase(Locale.ROOT) + "s";
  }

  /**
   * Most heap that the operation of a body takes, found without making it.
   *
   * @throws RequestException 400 when the body is no JSON, or has more parts than are allowed
   */
  static long operationBytes(byte[] body) throws RequestException {
    int tokens = 0;
    try (JsonParser parser = MAPPER.createParser(body)) {
      while (parser.nextToken() != null) {
        if (++tokens > MAX_TOKENS) {
          throw new RequestException(
              400, "more than " + MAX_TOKENS + " names, values and brackets");
        }
      }
    } catch (JsonProcessingException e) {
      throw new RequestException(400, "the body is no JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new RequestException(400, "the body is no JSON");
    }
    return 2L * body.length + (long) TOKEN_BYTES * tokens;
  }

  /**
   * The operation of a request.
   *
   * @param body {@code {"ops": [{"op": "increment", "field": "c", "by": 1}, …]}}
   * @throws RequestException where it is none; the message names what is wrong
   */
  static Operation operation(JsonNode body) throws RequestException {
    JsonNode list = body.path("ops");
    checkFields(body, Set.of("ops"));
    if (list.size() == 1 && list.path(0).path("op").asText().equals("clear")) {
      checkFields(list.path(0), Set.of("op"));
      return new Operation.Clear();
    }
    int[] left = {MAX_OPERATIONS};
    try {
      return update(list, 1, left);
    } catch (IllegalArgumentException e) {
      throw new RequestException(400, String.valueOf(e.getMessage()));
    }
  }

  private static Operation.Update update(JsonNode list, int depth, int[] left)
      throws RequestException {
    if (!list.isArray() || list.isEmpty()) {
      throw new RequestException(400, "ops must be a list of one operation at least");
    }
    if (depth > DocumentLimits.MAX_DEPTH) {
      throw new RequestException(400, "maps nested deeper than " + DocumentLimits.MAX_DEPTH);
    }
    List<Operation.FieldChange> changes = new ArrayList<>();
    for (JsonNode each : list) {
      if (left[0]-- <= 0) {
        throw new RequestException(400, "more than " + MAX_OPERATIONS + " operations at once");
      }
      changes.add(change(each, depth, left));
    }
    return new Operation.Update(changes);
  }

  private static Operation.FieldChange change(JsonNode each, int depth, int[] left)
      throws RequestException {
    String op = text(each, "op");
    String field = text(each, "field");
    return switch (op) {
      case "increment" -> {
        checkFields(each, Set.of("op", "field", "by"));
        JsonNode by = each.path("by");
        if (!by.isMissingNode() && !(by.isIntegralNumber() && by.canConvertToLong())) {
          throw new RequestException(400, "by must be an integer of 64 bits");
        }
        long amount = by.isMissingNode() ? 1 : by.longValue();
        yield on(field, FieldType.COUNTER, new Operation.Increment(amount));
      }
      case "enable" -> {
        checkFields(each, Set.of("op", "field"));
        yield on(field, FieldType.FLAG, new Operation.Enable());
      }
      case "disable" -> {
        checkFields(each, Set.of("op", "field"));
        yield on(field, FieldType.FLAG, new Operation.Disable());
      }
      case "assign" -> {
        checkFields(each, Set.of("op", "field", "value"));
        yield on(field, FieldType.REGISTER, new Operation.Assign(text(each, "value")));
      }
      case "add" -> {
        checkFields(each, Set.of("op", "field", "elements"));
        yield on(field, FieldType.SET, new Operation.Add(elements(each)));
      }
      case "remove" -> {
        checkFields(each, Set.of("op", "field", "elements"));
        yield on(field, FieldType.SET, new Operation.Remove(elements(each)));
      }
      case "update" -> {
        checkFields(each, Set.of("op", "field", "ops"));
        yield on(field, FieldType.MAP, update(each.path("ops"), depth + 1, left));
      }
      case "removeField" -> {
        checkFields(each, Set.of("op", "field", "type"));
        yield new Operation.RemoveField(new Field(field, type(text(each, "type"))));
      }
      default ->
          throw new RequestException(
              400,
              "op must be increment, enable, disable, assign, add, remove, update, removeField,"
                  + " or clear alone");
    };
  }

  private static Operation.FieldChange on(String field, FieldType type, Operation operation) {
    return new Operation.ChangeField(new Field(field, type), operation);
  }

  private static FieldType type(String text) throws RequestException {
    for (FieldType type : FieldType.values()) {
      if (type.name().toLowerCase(Locale.ROOT).equals(text)) {
        return type;
      }
    }
    throw new RequestException(400, "type must be counter, flag, register, set or map");
  }

  private static Set<String> elements(JsonNode each) throws RequestException {
    JsonNode list = each.path("elements");
    Set<String> elements = new LinkedHashSet<>();
    for (JsonNode element : list) {
      if (!element.isTextual()) {
        throw new RequestException(400, "elements must be texts");
      }
      elements.add(element.textValue());
    }
    if (!list.isArray() || elements.isEmpty()) {
      throw new RequestException(400, "elements must be a list of one text at least");
    }
    return elements;
  }

  private static String text(JsonNode object, String name) throws RequestException {
    JsonNode text = object.path(name);
    if (!text.isTextual()) {
      throw new RequestException(400, name + " must be a text");
    }
    return text.textValue();
  }

  private static void checkFields(JsonNode object, Set<String> known) throws RequestException {
    if (!object.isObject()) {
      throw new RequestException(400, "the body must be an object with ops, a list of objects");
    }
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      if (!known.contains(field.getKey())) {
        throw new RequestException(
            400,
            "unknown field '"
                + field.getKey()
                + "', known are "
                + known.stream().sorted().toList());
      }
    }
  }
}
