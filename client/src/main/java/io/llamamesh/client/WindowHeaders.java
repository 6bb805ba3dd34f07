package io.llamamesh.client;

import io.llamamesh.results.InfluxDataHeaders;
import io.llamamesh.results.WindowCursor;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/**
 * The head of an answer of {@code /influxdata}.
 *
 * @param cursor behind the last window of the answer; null from agents without cursors (Go LLAMA)
 * @param hasMore whether further windows wait behind the cursor
 * @param windows how many windows the answer holds; -1 where it does not say
 * @param clockSkew how far the agent's clock is ahead of ours; null where it does not say
 */
public record WindowHeaders(
    @Nullable WindowCursor cursor, boolean hasMore, int windows, @Nullable Duration clockSkew) {
  /** A board without a battery for its clock may be in 1970. */
  private static final Duration MAX_SKEW = Duration.ofDays(36_525);

  /**
   * Reads the headers.
   *
   * @param asked our clock before the request
   * @param answered our clock when the headers were there; the agent's is compared with the middle
   * @throws IOException where the cursor is none, or the agent's clock is a century or more from
   *     ours
   */
  public static WindowHeaders of(HttpHeaders headers, Instant asked, Instant answered)
      throws IOException {
    return new WindowHeaders(
        cursor(headers),
        headers.firstValue(InfluxDataHeaders.MORE).map("true"::equals).orElse(false),
        windows(headers),
        skew(headers, asked, answered));
  }

  private static int windows(HttpHeaders headers) {
    String windows = headers.firstValue(InfluxDataHeaders.WINDOWS).orElse("");
    return windows.matches("[0-9]{1,5}") ? Integer.parseInt(windows) : -1;
  }

  private static @Nullable WindowCursor cursor(HttpHeaders headers) throws IOException {
    String text = headers.firstValue(InfluxDataHeaders.CURSOR).orElse("");
    if (text.isEmpty()) {
      return null;
    }
    try {
      return WindowCursor.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IOException("not a cursor in " + InfluxDataHeaders.CURSOR, e);
    }
  }

  private static @Nullable Duration skew(HttpHeaders headers, Instant asked, Instant answered)
      throws IOException {
    String text = headers.firstValue(InfluxDataHeaders.CLOCK).orElse("");
    if (text.isEmpty()) {
      return null;
    }
    try {
      Instant middle = asked.plus(Duration.between(asked, answered).dividedBy(2));
      Duration skew = Duration.between(middle, Instant.parse(text));
      if (skew.abs().compareTo(MAX_SKEW) > 0) {
        throw new IOException("its clock says " + text + ", a century or more from ours");
      }
      return skew;
    } catch (DateTimeParseException e) {
      return null;
    }
  }
}
