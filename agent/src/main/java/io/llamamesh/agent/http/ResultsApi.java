package io.llamamesh.agent.http;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.SequenceWriter;
import io.llamamesh.agent.points.LossRule;
import io.llamamesh.agent.points.WindowPoints;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.PairResult;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.results.InfluxDataHeaders;
import io.llamamesh.results.Point;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.results.WindowCursor;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** API of the results: {@code /influxdata} and {@code /latency}. */
final class ResultsApi {

  static final int DEFAULT_LIMIT = 60;
  static final int MAX_LIMIT = 1000;
  private static final long SECOND = 1_000_000_000L;
  private static final double MILLI = 1e6;

  private final WindowArchive archive;
  private final InstantSource clock;
  private final Supplier<Map<String, String>> destinationTags;
  private final LossRule loss;
  private final boolean legacyByDefault;

  /**
   * Answers from an archive.
   *
   * @param legacyByDefault whether {@code /influxdata} without parameters has the Python LLAMA's
   *     shape
   */
  ResultsApi(
      WindowArchive archive,
      InstantSource clock,
      Supplier<Map<String, String>> us,
      LossRule loss,
      boolean legacyByDefault) {
    this.archive = archive;
    this.clock = clock;
    this.destinationTags = us;
    this.loss = loss;
    this.legacyByDefault = legacyByDefault;
  }

  /** The newest window, or those after a cursor or a time. */
  Reply influxData(Query query) throws RequestException {
    query.allowOnly(Set.of("after", "since", "limit", "paths", "shape"));
    if (isLegacy(query)) {
      List<ClosedWindow> newest = archive.newest().map(List::of).orElse(List.of());
      return Reply.json(200, Map.of(), out -> legacyPoints(newest, out));
    }
    int limit = query.number("limit", 1, MAX_LIMIT, DEFAULT_LIMIT);
    boolean allPaths = query.get("paths").filter("all"::equals).isPresent();
    if (query.get("paths").isPresent() && !allPaths) {
      throw new RequestException(400, "paths must be 'all' where it is given");
    }
    if (query.get("after").isPresent() && query.get("since").isPresent()) {
      throw new RequestException(400, "after and since exclude each other");
    }
    long from = 0;
    WindowArchive.Page page;
    if (query.get("after").isPresent()) {
      from = sequence("after", query.get("after").get());
      archive.markRead(storedSequence(query.stored(), from));
      page = archive.after(from, limit);
    } else if (query.get("since").isPresent()) {
      page = archive.since(nanos(query.get("since").get()), limit);
    } else {
      List<ClosedWindow> newest = archive.newest().map(List::of).orElse(List.of());
      page = new WindowArchive.Page(newest, false);
    }
    long last = page.windows().isEmpty() ? from : page.windows().getLast().sequence();
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put(InfluxDataHeaders.CURSOR, new WindowCursor(archive.bootId(), last).toString());
    headers.put(InfluxDataHeaders.MORE, Boolean.toString(page.more()));
    headers.put(InfluxDataHeaders.WINDOWS, Integer.toString(page.windows().size()));
    headers.put(InfluxDataHeaders.CLOCK, DateTimeFormatter.ISO_INSTANT.format(clock.instant()));
    return Reply.json(200, headers, out -> points(page.windows(), allPaths, out));
  }

  /** Returns whether the newest window is requested in the shape of LLAMA's Python collector. */
  private boolean isLegacy(Query query) throws RequestException {
    boolean bare =
        Stream.of("after", "since", "limit", "paths").allMatch(name -> query.get(name).isEmpty());
    String shape = query.get("shape").orElse(bare && legacyByDefault ? "legacy" : "llama");
    if (shape.equals("legacy") && !bare) {
      throw new RequestException(400, "shape=legacy is of the newest window; leave the others out");
    }
    if (!shape.equals("legacy") && !shape.equals("llama")) {
      throw new RequestException(400, "shape must be 'llama' or 'legacy' where it is given");
    }
    return shape.equals("legacy");
  }

  private long sequence(String name, String text) throws RequestException {
    WindowCursor cursor;
    try {
      cursor = WindowCursor.parse(text);
    } catch (IllegalArgumentException e) {
      throw new RequestException(400, name + ": " + e.getMessage());
    }
    // A sequence that was never published is unknown, whatever the boot id.
    return cursor.bootId().equals(archive.bootId()) && cursor.sequence() <= archive.published()
        ? cursor.sequence()
        : 0;
  }

  /** Sequence that the reader has stored: what it read, unless its header says otherwise. */
  private long storedSequence(@Nullable String stored, long read) throws RequestException {
    if (stored == null) {
      return read;
    }
    return stored.isEmpty() ? 0 : sequence(InfluxDataHeaders.STORED, stored);
  }

  private static long nanos(String text) throws RequestException {
    try {
      Instant instant = Instant.parse(text);
      return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), SECOND), instant.getNano());
    } catch (DateTimeParseException | ArithmeticException e) {
      throw new RequestException(
          400, "since must be an RFC 3339 time such as 2026-01-31T12:00:00Z, was '" + text + "'");
    }
  }

  private void points(List<ClosedWindow> windows, boolean allPaths, OutputStream out)
      throws IOException {
    try (SequenceWriter writer =
        ResultsJson.mapper().writerFor(Point.class).writeValuesAsArray(out)) {
      for (ClosedWindow window : windows) {
        WindowPoints.of(window, allPaths, destinationTags.get(), loss, writer::write);
      }
    }
  }

  /** The newest window in the shape of LLAMA's Python collector. */
  Reply latency(Query query) throws RequestException {
    query.allowOnly(Set.of());
    List<ClosedWindow> newest = archive.newest().map(List::of).orElse(List.of());
    return Reply.json(200, Map.of(), out -> latency(newest, out));
  }

  private void latency(List<ClosedWindow> windows, OutputStream out) throws IOException {
    try (JsonGenerator json =
        ResultsJson.mapper().getFactory().createGenerator(out, JsonEncoding.UTF8)) {
      json.writeStartArray();
      for (ClosedWindow window : windows) {
        for (PairResult pair : window.pairs()) {
          json.writeStartObject();
          json.writeObjectField("tags", pair.tags());
          json.writeArrayFieldStart("data");
          PairResult.Rtt rtt = pair.rtt();
          if (rtt != null) {
            datum(json, "rtt", rtt.mean() / MILLI, window.endNanos() / SECOND);
          }
          double lost = loss.percent(pair);
          if (!Double.isNaN(lost)) {
            datum(json, "loss", lost, window.endNanos() / SECOND);
          }
          json.writeEndArray();
          json.writeEndObject();
        }
      }
      json.writeEndArray();
    }
  }

  private void legacyPoints(List<ClosedWindow> windows, OutputStream out) throws IOException {
    try (JsonGenerator json =
        ResultsJson.mapper().getFactory().createGenerator(out, JsonEncoding.UTF8)) {
      json.writeStartArray();
      for (ClosedWindow window : windows) {
        for (PairResult pair : window.pairs()) {
          PairResult.Rtt rtt = pair.rtt();
          if (rtt != null) {
            legacyPoint(json, "rtt", rtt.mean() / MILLI, pair, window);
          }
          double lost = loss.percent(pair);
          if (!Double.isNaN(lost)) {
            legacyPoint(json, "loss", lost, pair, window);
          }
        }
      }
      json.writeEndArray();
    }
  }

  private static void legacyPoint(
      JsonGenerator json, String measurement, double value, PairResult pair, ClosedWindow window)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("measurement", measurement);
    json.writeObjectField("tags", pair.tags());
    json.writeObjectFieldStart("fields");
    json.writeNumberField("value", value);
    json.writeEndObject();
    json.writeNumberField("time", window.endNanos());
    json.writeEndObject();
  }

  private static void datum(JsonGenerator json, String name, double value, long seconds)
      throws IOException {
    json.writeStartArray();
    json.writeString(name);
    json.writeNumber(value);
    json.writeNumber(seconds);
    json.writeEndArray();
  }
}
