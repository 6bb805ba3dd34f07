package io.llamamesh.apiserver.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** Reads and writes Kubernetes documents as Jackson trees. */
public final class Json {
  /**
   * Writes ASCII only: a watch is cut into chunks anywhere, and clients exist that decode each
   * chunk by itself, which breaks a character whose bytes fall into two of them.
   */
  private static final ObjectMapper MAPPER =
      new ObjectMapper(JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build());

  private static final ObjectMapper YAML = new YAMLMapper();

  private Json() {}

  /** An empty object. */
  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** An empty list. */
  public static ArrayNode array() {
    return JsonNodeFactory.instance.arrayNode();
  }

  /**
   * Parses a document, JSON or YAML.
   *
   * @throws IOException when it is neither, or not an object or list
   */
  public static JsonNode parse(byte[] document) throws IOException {
    for (byte b : document) {
      if (!Character.isWhitespace(b)) {
        JsonNode tree = (b == '{' || b == '[' ? MAPPER : YAML).readTree(document);
        if (!tree.isContainerNode()) {
          throw new IOException("document is neither an object nor a list");
        }
        return tree;
      }
    }
    throw new IOException("document is empty");
  }

  /** The bytes that go on the wire: ASCII, one line. */
  public static byte[] bytes(JsonNode tree) {
    try {
      return MAPPER.writeValueAsBytes(tree);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The text at a path of field names, or an empty string. */
  public static String text(JsonNode tree, String... path) {
    JsonNode at = tree;
    for (String name : path) {
      at = at.path(name);
    }
    return at.asText("");
  }

  /** The schema of a field in an OpenAPI v3 schema document; missing where none is declared. */
  public static JsonNode field(JsonNode schema, String name) {
    JsonNode declared = schema.path("properties").path(name);
    return declared.isMissingNode() ? schema.path("additionalProperties") : declared;
  }

  /** The object under a field, made when it is missing or something else. */
  public static ObjectNode objectAt(ObjectNode parent, String field) {
    if (parent.get(field) instanceof ObjectNode there) {
      return there;
    }
    return parent.putObject(field);
  }

  /** An object's metadata, made when missing. */
  public static ObjectNode metadata(ObjectNode object) {
    return objectAt(object, "metadata");
  }

  /** Sets a field, or removes it when the value is null. */
  public static void setOrRemove(ObjectNode object, String field, @Nullable JsonNode value) {
    if (value == null) {
      object.remove(field);
    } else {
      object.set(field, value);
    }
  }
}
