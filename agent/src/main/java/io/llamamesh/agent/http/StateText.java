package io.llamamesh.agent.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Documents of store and multicast as lines for people. */
public final class StateText {

  private StateText() {}

  /** A key, its version and its fields: {@code jobs/done 0123456789abcdef c=15 s={a, b}}. */
  public static String ofKey(String json) throws IOException {
    JsonNode document = StoreJson.mapper().readTree(json);
    if (document.path("key").isMissingNode()) {
      return "";
    }
    List<String> fields = new ArrayList<>();
    add(document.path("value"), "", fields);
    return SharedStateClient.plain(
            document.path("key").asText()
                + "  "
                + document.path("version").asText()
                + "  "
                + rest(document, fields))
        + "\n";
  }

  private static String rest(JsonNode document, List<String> fields) {
    if (document.path("omitted").asBoolean()) {
      return "(done; too large to show now)";
    }
    return document.path("removed").asBoolean() ? "removed" : String.join(" ", fields);
  }

  private static void add(JsonNode map, String prefix, List<String> fields) {
    for (Map.Entry<String, JsonNode> type : map.properties()) {
      for (Map.Entry<String, JsonNode> field : type.getValue().properties()) {
        String name = prefix + field.getKey();
        JsonNode value = field.getValue();
        switch (type.getKey()) {
          case "flags" -> fields.add(name + (value.asBoolean() ? "=on" : "=off"));
          case "registers" -> fields.add(name + "=\"" + value.asText() + '"');
          case "sets" -> {
            List<String> elements = new ArrayList<>();
            value.forEach(element -> elements.add(element.asText()));
            fields.add(name + "={" + String.join(", ", elements) + "}");
          }
          case "maps" -> add(value, name + ".", fields);
          default -> fields.add(name + "=" + value.asText());
        }
      }
    }
  }

  /** A message: {@code node-2 hello}. */
  public static String ofMessage(String json) throws IOException {
    JsonNode document = StoreJson.mapper().readTree(json);
    if (document.path("origin").isMissingNode()) {
      return "";
    }
    StringBuilder text = new StringBuilder(document.path("origin").asText());
    if (document.path("route").isArray()) {
      List<String> route = new ArrayList<>();
      document.path("route").forEach(node -> route.add(node.asText()));
      text.append("  ").append(String.join(" > ", route));
    }
    if (document.path("missed").asLong() > 0) {
      text.append("  (").append(document.path("missed").asLong()).append(" missed before it)");
    }
    text.append("  ");
    if (document.path("base64").isMissingNode()) {
      text.append(document.path("text").asText());
    } else {
      text.append("base64:").append(document.path("base64").asText());
    }
    return SharedStateClient.plain(text.toString()) + "\n";
  }

  /** Key and version of a document, to know it again; empty for what is not of a key. */
  public static String identity(String json) throws IOException {
    JsonNode document = StoreJson.mapper().readTree(json);
    return document.path("key").isMissingNode()
        ? ""
        : document.path("version").asText() + " " + document.path("key").asText();
  }
}
