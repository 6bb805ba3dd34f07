package io.llamamesh.results;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A burst and its answers so far, as the agent that was asked collects them: {@code /v1/burst/ID}.
 *
 * @param id its name
 * @param target the node that is probed
 * @param pps probes per second of each agent
 * @param seconds time for which probes are sent
 * @param by who asked
 * @param startedAt time of the request, by the agent's clock
 * @param state {@link #RUNNING} or {@link #DONE}
 * @param rows one for each agent that has answered, by name
 * @param missing agents without a last word; once done, those that did not answer
 */
@JsonPropertyOrder({
  "id",
  "target",
  "pps",
  "seconds",
  "by",
  "startedAt",
  "state",
  "rows",
  "missing"
})
public record BurstReport(
    String id,
    String target,
    int pps,
    double seconds,
    String by,
    Instant startedAt,
    String state,
    List<Row> rows,
    List<String> missing) {
  /** Most probes per second of one agent in one burst. */
  public static final int MAX_PPS = 1_000;

  /** Longest burst. */
  public static final Duration MAX_LENGTH = Duration.ofSeconds(60);

  /** Longest name of a node, and of whoever asks. */
  public static final int MAX_NAME = 253;

  /** State of a burst to which answers may still come. */
  public static final String RUNNING = "running";

  /** State of a burst to which nothing more will come. */
  public static final String DONE = "done";

  /** State of an agent that has a result. */
  public static final String ROW_DONE = "done";

  /** Most rows: an agent each, in the largest mesh. */
  private static final int MAX_ROWS = 20_000;

  private static final int MAX_TEXT = 600;

  public BurstReport {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(target, "target");
    Objects.requireNonNull(by, "by");
    Objects.requireNonNull(startedAt, "startedAt");
    Objects.requireNonNull(state, "state");
    rows = List.copyOf(rows);
    missing = List.copyOf(missing);
  }

  /**
   * Answer of one agent; without a result all numbers are absent.
   *
   * @param source the agent's name
   * @param state {@code running}, {@code done}, {@code not_probing}, {@code refused} or {@code
   *     failed}
   * @param reason why it has no result
   * @param late answered, but delayed by an agent itself; neither received nor lost
   * @param lossPercent lost of those that were lost or received
   * @param lossLow lower end of the loss's 95 % interval, percent
   * @param lossHigh its upper end
   * @param rttP50 the worst over addresses and classes, milliseconds
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonPropertyOrder({
    "source",
    "state",
    "reason",
    "sent",
    "received",
    "late",
    "lost",
    "lossPercent",
    "lossLow",
    "lossHigh",
    "rttP50",
    "rttP99",
    "rttMax"
  })
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
      @Nullable Double rttMax) {
    public Row {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(state, "state");
    }

    private boolean isBounded() {
      return source.length() <= MAX_NAME
          && state.length() <= MAX_NAME
          && (reason == null || reason.length() <= MAX_TEXT)
          && isCount(sent)
          && isCount(received)
          && isCount(late)
          && isCount(lost)
          && isPercent(lossPercent)
          && isPercent(lossLow)
          && isPercent(lossHigh)
          && isTime(rttP50)
          && isTime(rttP99)
          && isTime(rttMax);
    }

    private static boolean isCount(@Nullable Integer count) {
      return count == null || count >= 0;
    }

    private static boolean isPercent(@Nullable Double share) {
      return share == null || (share >= 0 && share <= 100);
    }

    private static boolean isTime(@Nullable Double millis) {
      return millis == null || (millis >= 0 && Double.isFinite(millis));
    }
  }

  /** True once nothing more will come. */
  @JsonIgnore
  public boolean isDone() {
    return state.equals(DONE);
  }

  /** Agents that have a result. */
  public long answered() {
    return rows.stream().filter(row -> row.state().equals(ROW_DONE)).count();
  }

  /** True where all of it is within bounds; what others sent need not be. */
  @JsonIgnore
  public boolean isBounded() {
    return id.length() <= MAX_NAME
        && target.length() <= MAX_NAME
        && by.length() <= MAX_TEXT
        && pps >= 0
        && seconds >= 0
        && seconds <= MAX_LENGTH.toSeconds()
        && (state.equals(RUNNING) || state.equals(DONE))
        && rows.size() <= MAX_ROWS
        && missing.size() <= MAX_ROWS
        && missing.stream().allMatch(name -> name.length() <= MAX_NAME)
        && rows.stream().allMatch(Row::isBounded);
  }

  /** The same that has ended: whoever has not answered by now is missing. */
  public BurstReport ended() {
    return new BurstReport(id, target, pps, seconds, by, startedAt, DONE, rows, missing);
  }
}
