package io.llamamesh.scraper.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.results.WindowCursor;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** Cursors as text: {@code {"node-1":"bootId:sequence"}}. */
final class CursorsJson {
  private CursorsJson() {}

  static String write(Map<String, WindowCursor> cursors) {
    TreeMap<String, String> texts = new TreeMap<>();
    cursors.forEach((agent, cursor) -> texts.put(agent, cursor.toString()));
    try {
      return ResultsJson.mapper().writeValueAsString(texts);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of texts can be written", e);
    }
  }

  /** Reads what can be read: a cursor that is lost costs reading again, nothing more. */
  static Map<String, WindowCursor> read(String text) {
    Map<String, String> texts;
    try {
      texts = ResultsJson.mapper().readValue(text, new TypeReference<>() {});
    } catch (JsonProcessingException e) {
      return Map.of();
    }
    Map<String, WindowCursor> cursors = new HashMap<>();
    if (texts != null) {
      texts.forEach((agent, cursor) -> {
        try {
          cursors.put(agent, WindowCursor.parse(cursor));
        } catch (IllegalArgumentException | NullPointerException e) {
          cursors.remove(agent);
        }
      });
    }
    return cursors;
  }
}
