package io.llamamesh.agent.burst;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Bursts as JSON: the document that the API answers with, and the messages between agents. What
 * other agents wrote is checked against its bounds, and its texts come without control characters.
 */
public final class BurstDocuments {

  private static final double MILLI = 1e6;
  private static final int MAX_REASON = 300;
  private static final int MAX_COUNT = 1 << 20;
  private static final int MAX_EXCUSES = 16;

  private BurstDocuments() {}

  /**
   * A burst and its answers so far.
   *
   * @param state {@code running} or {@code done}
   * @param rows one for each agent that has answered, by name
   * @param missing agents without a last word; when the state is done, those that did not answer
   */
  public record Burst(
      String id,
      String target,
      int pps,
      double seconds,
      String by,
      Instant startedAt,
      String state,
      List<Row> rows,
      List<String> missing) {
    public Burst {
      rows = List.copyOf(rows);
      missing = List.copyOf(missing);
    }
  }

  /**
   * Answer of one agent; without a result all numbers are absent.
   *
   * @param state of {@link BurstRow.State}, in small letters
   * @param lossLow lower end of the 95 % interval of the loss, percent
   * @param rttP50 the worst of its series, milliseconds
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonPropertyOrder({"source", "state", "reason"})
  public record Row(
      String source,
      String state,
      @Nullable String reason,
      @Nullable Integer sent,
      @Nullable Integer received,
      @Nullable Integer late,
      @Nullable Integer lost,
      @Nullable Double lossPercent,
      @Nullable Double lossLow,
      @Nullable Double lossHigh,
      @Nullable Double rttP50,
      @Nullable Double rttP99,
      @Nullable Double rttMax,
      @Nullable List<Series> series) {}

  /** One address in one class, as {@link BurstResult.Series}; times in milliseconds. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Series(
      String address,
      @JsonProperty("class") String trafficClass,
      int sent,
      int received,
      int late,
      int lost,
      int forwardLost,
      int returnLost,
      @Nullable Map<String, Integer> excused,
      @Nullable Double lossPercent,
      @Nullable Double lossLow,
      @Nullable Double lossHigh,
      @Nullable Double rttP50,
      @Nullable Double rttP99,
      @Nullable Double rttMax,
      @Nullable List<SourcePort> ports) {}

  /** One source port; mean RTT in milliseconds. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record SourcePort(int port, int sent, int lost, @Nullable Double rttMean) {}

  /**
   * A message between agents: a request, where it has no row, or an answer.
   *
   * @param version 1; others are not read
   * @param over whether a request asks only for the last word of who has taken part: too late to
   *     begin; null for false
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Message(
      int version,
      String id,
      @Nullable String target,
      @Nullable Integer pps,
      @Nullable Long millis,
      @Nullable String by,
      @Nullable Row row,
      @Nullable Boolean over) {
    boolean isOver() {
      return over != null && over;
    }
  }

  private static final int VERSION = 1;

  /** The document of a burst. */
  public static Burst of(BurstCollection burst, Instant now) {
    BurstRequest request = burst.request();
    return new Burst(
        request.id(),
        request.target(),
        request.pps(),
        request.length().toMillis() / 1_000.0,
        request.by(),
        burst.started(),
        burst.isComplete(now) ? "done" : "running",
        burst.rows().stream().map(BurstDocuments::row).toList(),
        List.copyOf(burst.missing()));
  }

  /**
   * A request.
   *
   * @param isOver see {@link Message}
   */
  static byte[] encode(BurstRequest request, boolean isOver) throws IOException {
    return ResultsJson.mapper()
        .writeValueAsBytes(
            new Message(
                VERSION,
                request.id(),
                request.target(),
                request.pps(),
                request.length().toMillis(),
                request.by(),
                null,
                isOver ? true : null));
  }

  static byte[] encode(String id, BurstRow row) throws IOException {
    return ResultsJson.mapper()
        .writeValueAsBytes(new Message(VERSION, id, null, null, null, null, row(row), null));
  }

  /**
   * Decodes a message.
   *
   * @throws IOException when it is none, or of another version
   */
  static Message decode(byte[] bytes) throws IOException {
    Message message = ResultsJson.mapperOfOthers().readValue(bytes, Message.class);
    if (message == null || message.version() != VERSION || message.id() == null) {
      throw new IOException("no message of a burst");
    }
    return message;
  }

  /** Request in a message; it may be out of bounds. */
  static BurstRequest request(Message message) throws IOException {
    String target = message.target();
    Integer pps = message.pps();
    Long millis = message.millis();
    String by = message.by();
    if (target == null || pps == null || millis == null || by == null) {
      throw new IOException("no request for a burst");
    }
    return new BurstRequest(message.id(), target, pps, Duration.ofMillis(millis), by);
  }

  private static Row row(BurstRow row) {
    String state = row.state().name().toLowerCase(Locale.ROOT);
    BurstResult result = row.result();
    if (result == null) {
      return new Row(
          row.source(),
          state,
          row.reason(),
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null);
    }
    LossInterval loss = result.loss();
    BurstResult.Rtt rtt = result.rtt();
    return new Row(
        row.source(),
        state,
        row.reason(),
        result.sent(),
        result.received(),
        result.late(),
        result.lost(),
        percent(loss.percent()),
        percent(loss.low()),
        percent(loss.high()),
        rtt == null ? null : millis(rtt.p50()),
        rtt == null ? null : millis(rtt.p99()),
        rtt == null ? null : millis(rtt.max()),
        result.series().stream().map(BurstDocuments::series).toList());
  }

  private static Series series(BurstResult.Series series) {
    LossInterval loss = series.loss();
    BurstResult.Rtt rtt = series.rtt();
    return new Series(
        series.address(),
        series.trafficClass(),
        series.sent(),
        series.received(),
        series.late(),
        series.lost(),
        series.forwardLost(),
        series.returnLost(),
        series.excused().isEmpty() ? null : new TreeMap<>(series.excused()),
        percent(loss.percent()),
        percent(loss.low()),
        percent(loss.high()),
        rtt == null ? null : millis(rtt.p50()),
        rtt == null ? null : millis(rtt.p99()),
        rtt == null ? null : millis(rtt.max()),
        series.ports().stream()
            .map(port ->
                new SourcePort(port.port(), port.sent(), port.lost(), millis(port.rttMeanNanos())))
            .toList());
  }

  private static @Nullable Double percent(double value) {
    return Double.isNaN(value) ? null : Math.round(value * 1_000) / 1_000.0;
  }

  private static Double millis(long nanos) {
    return Math.round(nanos / 1_000.0) / 1_000.0;
  }

  private static @Nullable Double millis(double nanos) {
    return Double.isNaN(nanos) ? null : Math.round(nanos / 1_000) / 1_000.0;
  }

  /**
   * Answer of another agent.
   *
   * @param source who sent it: nobody answers for others
   * @throws IOException when it is out of bounds
   */
  static BurstRow row(String source, Row row) throws IOException {
    BurstRow.State state;
    try {
      state = BurstRow.State.valueOf(String.valueOf(row.state()).toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IOException("unknown state of a burst", e);
    }
    String reason = row.reason();
    if (reason != null && reason.length() > MAX_REASON) {
      reason = reason.substring(0, MAX_REASON);
    }
    if (state != BurstRow.State.DONE) {
      return new BurstRow(source, state, reason, null);
    }
    List<Series> series = row.series();
    if (series == null || series.size() > BurstLimits.MAX_FLOWS) {
      throw new IOException("a result has 0 to " + BurstLimits.MAX_FLOWS + " series");
    }
    List<BurstResult.Series> checked = new ArrayList<>();
    for (@Nullable Series one : series) {
      checked.add(checked(present(one)));
    }
    return new BurstRow(source, state, reason, new BurstResult(checked));
  }

  private static BurstResult.Series checked(Series series) throws IOException {
    Map<String, Integer> excused = series.excused() == null ? Map.of() : series.excused();
    List<SourcePort> ports = series.ports() == null ? List.of() : series.ports();
    if (series.address() == null
        || series.address().length() > BurstLimits.MAX_NAME
        || series.trafficClass() == null
        || series.trafficClass().length() > BurstLimits.MAX_NAME
        || excused.size() > MAX_EXCUSES
        || excused.keySet().stream().anyMatch(name -> name.length() > BurstLimits.MAX_NAME)
        || ports.size() > BurstLimits.MAX_FLOWS) {
      throw new IOException("a series is out of bounds");
    }
    List<BurstResult.SourcePort> checkedPorts = new ArrayList<>();
    for (@Nullable SourcePort given : ports) {
      SourcePort port = present(given);
      Double mean = port.rttMean();
      checkedPorts.add(
          new BurstResult.SourcePort(
              count(port.port()),
              count(port.sent()),
              count(port.lost()),
              mean == null ? Double.NaN : time(mean)));
    }
    for (@Nullable Integer excuse : excused.values()) {
      count(present(excuse));
    }
    Double p50 = series.rttP50();
    Double p99 = series.rttP99();
    Double max = series.rttMax();
    return new BurstResult.Series(
        series.address(),
        series.trafficClass(),
        count(series.sent()),
        count(series.received()),
        count(series.late()),
        count(series.lost()),
        count(series.forwardLost()),
        count(series.returnLost()),
        excused,
        p50 == null || p99 == null || max == null
            ? null
            : new BurstResult.Rtt((long) time(p50), (long) time(p99), (long) time(max)),
        checkedPorts);
  }

  private static <T> T present(@Nullable T value) throws IOException {
    if (value == null) {
      throw new IOException("a null where something must be");
    }
    return value;
  }

  private static int count(int value) throws IOException {
    if (value < 0 || value > MAX_COUNT) {
      throw new IOException("a count is out of bounds: " + value);
    }
    return value;
  }

  /** Nanoseconds of milliseconds. */
  private static double time(double millis) throws IOException {
    if (!(millis >= 0 && millis <= 3.6e6)) {
      throw new IOException("a time is out of bounds: " + millis);
    }
    return millis * MILLI;
  }
}
