package io.llamamesh.scraper.web;

import com.sun.net.httpserver.Headers;
import io.llamamesh.results.ControlCharacters;
import io.llamamesh.results.InfluxDataHeaders;
import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.pull.WindowIngest.PushHead;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Reader of the headers by which an agent says that it pushes all of its windows. */
final class PushHeaders {
  private static final int MAX_NAME = 256;
  private static final int MAX_WINDOWS = 100_000;

  /** No clock of an agent shows more. */
  private static final Instant LATEST = Instant.parse("2200-01-01T00:00:00Z");

  private PushHeaders() {}

  /**
   * Reads them.
   *
   * @param arrived when they came
   * @return null where these are the last windows of an agent that is polled
   * @throws IllegalArgumentException naming the header that is wrong
   */
  static @Nullable PushHead read(Headers headers, Instant arrived) {
    String agent = headers.getFirst(InfluxDataHeaders.AGENT);
    if (agent == null) {
      return null;
    }
    String name = decoded(agent);
    if (name.isBlank()
        || name.length() > MAX_NAME
        || !name.equals(ControlCharacters.replaced(name))) {
      throw new IllegalArgumentException(
          InfluxDataHeaders.AGENT + " must be a name of 1 to " + MAX_NAME + " characters");
    }
    String cursor = headers.getFirst(InfluxDataHeaders.CURSOR);
    if (cursor == null) {
      throw new IllegalArgumentException(InfluxDataHeaders.CURSOR + " is missing");
    }
    return new PushHead(
        name,
        WindowCursor.parse(cursor),
        windows(headers.getFirst(InfluxDataHeaders.WINDOWS)),
        clock(headers.getFirst(InfluxDataHeaders.CLOCK)),
        arrived);
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  private static int windows(@Nullable String text) {
    if (text != null && text.matches("[0-9]{1,6}")) {
      int windows = Integer.parseInt(text);
      if (windows <= MAX_WINDOWS) {
        return windows;
      }
    }
    throw new IllegalArgumentException(InfluxDataHeaders.WINDOWS + " must be a number of windows");
  }

  private static @Nullable Instant clock(@Nullable String text) {
    if (text == null) {
      return null;
    }
    try {
      Instant clock = Instant.parse(text);
      if (!clock.isBefore(Instant.EPOCH) && clock.isBefore(LATEST)) {
        return clock;
      }
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(InfluxDataHeaders.CLOCK + " must be a time", e);
    }
    throw new IllegalArgumentException(InfluxDataHeaders.CLOCK + " must be from 1970 to 2199");
  }
}
