package io.llamamesh.scraper.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Message of an answer in any format: the JSON of InfluxDB 1, 2 and 3, plain text, a proxy's HTML
 * page, or a header. Pure.
 */
final class AnswerText {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  /** Characters of an HTML page that are searched: its title comes first. */
  private static final int PAGE = 8 << 10;

  private static final Pattern TITLE =
      Pattern.compile("<(title|h1)\\b[^>]*>([^<]*)<", Pattern.CASE_INSENSITIVE);
  private static final Pattern MARKUP = Pattern.compile("<[^>]*>?");

  private AnswerText() {}

  /** The message; never empty. */
  static String of(StoreAnswer answer) {
    String body = answer.body().strip();
    String text = isJson(body) ? json(body) : isPage(body) ? page(body) : body;
    if (text.isBlank()) {
      text = answer.header();
    }
    if (text.isBlank()) {
      text = answer.complete() ? "without a word" : "an answer that does not end";
    }
    return text.strip();
  }

  /**
   * Number of lines that an answer of InfluxDB 3 lists as rejected while the others were accepted;
   * 0 without such a list.
   */
  static int listedLines(StoreAnswer answer) {
    if (!answer.complete() || !answer.body().contains("partial write of line protocol")) {
      return 0;
    }
    try {
      return MAPPER.readTree(answer.body()).path("data").size();
    } catch (JsonProcessingException e) {
      return 0;
    }
  }

  private static boolean isJson(String body) {
    return body.startsWith("{");
  }

  private static boolean isPage(String body) {
    return body.startsWith("<");
  }

  private static String json(String body) {
    JsonNode tree;
    try {
      tree = MAPPER.readTree(body);
    } catch (JsonProcessingException e) {
      return body;
    }
    for (String name : new String[] {"error", "message"}) {
      JsonNode value = tree.path(name);
      String text = value.isObject() ? value.path("message").asText() : value.asText();
      if (!text.isBlank()) {
        return text + detail(tree.path("data").path(0));
      }
    }
    return body;
  }

  private static String detail(JsonNode line) {
    String error = line.path("error_message").asText();
    return error.isBlank() ? "" : ": " + error + ": '" + line.path("original_line").asText() + "'";
  }

  private static String page(String body) {
    String start = body.length() <= PAGE ? body : body.substring(0, PAGE);
    Matcher title = TITLE.matcher(start);
    return title.find() ? title.group(2) : MARKUP.matcher(start).replaceAll(" ");
  }
}
