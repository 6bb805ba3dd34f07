package io.llamamesh.scraper.cluster;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.results.WindowCursor;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * JSON format of bookmarks: {@code {"node-1":"bootId:sequence"}}, and for agents that are gone or
 * whose clock is wrong {@code {"node-2":{"cursor":…,"clockOffset":"PT30S","gone":…}}}.
 */
final class CursorsJson {
  /** Largest clock offset of an agent. */
  private static final Duration MAX_OFFSET = Duration.ofDays(36_525);

  private CursorsJson() {}

  /** A bookmark with more than its cursor. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record CursorEntry(String cursor, @Nullable String clockOffset, @Nullable String gone) {}

  static String write(Map<String, Bookmark> bookmarks) {
    TreeMap<String, Object> entries = new TreeMap<>();
    bookmarks.forEach((agent, bookmark) -> entries.put(agent, entry(bookmark)));
    try {
      return ResultsJson.mapper().writeValueAsString(entries);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of texts can be written", e);
    }
  }

  /** Parses bookmarks, leaving invalid ones out: a lost bookmark only costs reading again. */
  static Map<String, Bookmark> read(String text) {
    JsonNode tree;
    try {
      tree = ResultsJson.mapper().readTree(text);
    } catch (JsonProcessingException e) {
      return Map.of();
    }
    Map<String, Bookmark> bookmarks = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry : tree.properties()) {
      try {
        bookmarks.put(entry.getKey(), bookmark(entry.getValue()));
      } catch (IllegalArgumentException | DateTimeException e) {
        bookmarks.remove(entry.getKey());
      }
    }
    return bookmarks;
  }

  private static Object entry(Bookmark bookmark) {
    String cursor = bookmark.cursor().toString();
    Duration offset = bookmark.clockOffset();
    Instant gone = bookmark.goneSince();
    return offset.isZero() && gone == null
        ? cursor
        : new CursorEntry(
            cursor, offset.isZero() ? null : offset.toString(), gone == null ? null : gone + "");
  }

  private static Bookmark bookmark(JsonNode node) {
    if (node.isTextual()) {
      return Bookmark.at(WindowCursor.parse(node.textValue()));
    }
    String offset = node.path("clockOffset").asText();
    String gone = node.path("gone").asText();
    Duration moved = offset.isEmpty() ? Duration.ZERO : Duration.parse(offset);
    if (moved.abs().compareTo(MAX_OFFSET) > 0) {
      throw new IllegalArgumentException("no clock is so far from ours: " + offset);
    }
    return new Bookmark(
        WindowCursor.parse(node.path("cursor").asText()),
        moved,
        gone.isEmpty() ? null : Instant.parse(gone));
  }
}
