package io.llamamesh.scraper.document;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.llamamesh.scraper.matrix.Cell;
import io.llamamesh.scraper.matrix.PairSeries;
import io.llamamesh.scraper.matrix.Rounding;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The loss and latency matrix: {@code /api/v1/matrix}, read by the page and the terminal.
 *
 * @param mesh the mesh's name
 * @param time when it was made
 * @param intervalSeconds length of a window
 * @param windows how many windows were pooled at most per pair
 * @param lastWindow end of the newest window; absent without any
 * @param lossPercentLimit loss above which a pair may be bad
 * @param rttP99LimitMillis p99 above which a pair is slow
 * @param nodes sources and destinations, by zone, then name
 * @param classes traffic classes that have pairs
 * @param pairs what was seen, by source, destination, class; a pair without windows is not there
 * @param zonePairs the same rolled up by zones, instead of {@code pairs}; absent where it is not
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({
  "mesh",
  "time",
  "intervalSeconds",
  "windows",
  "lastWindow",
  "lossPercentLimit",
  "rttP99LimitMillis",
  "nodes",
  "classes",
  "pairs",
  "zonePairs"
})
public record MatrixDocument(
    String mesh,
    Instant time,
    long intervalSeconds,
    int windows,
    @Nullable Instant lastWindow,
    double lossPercentLimit,
    double rttP99LimitMillis,
    List<Node> nodes,
    List<TrafficClass> classes,
    List<Pair> pairs,
    @Nullable List<ZonePair> zonePairs) {
  public MatrixDocument {
    nodes = List.copyOf(nodes);
    classes = List.copyOf(classes);
    pairs = List.copyOf(pairs);
    zonePairs = zonePairs == null ? null : List.copyOf(zonePairs);
  }

  /**
   * A row and column.
   *
   * @param name the node's or target's name
   * @param zone its zone; absent where it has none
   * @param address where it is probed; absent while unknown
   * @param agent whether it has an agent, thus a row
   * @param reporting whether that agent's last window arrived in time; false without an agent
   * @param lastSeen when its agent last answered; absent where it never did
   * @param problem why its agent does not report; absent where it does
   * @param leaving true where it is about to be removed, so that it is not judged; else absent
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Node(
      String name,
      @Nullable String zone,
      @Nullable String address,
      boolean agent,
      boolean reporting,
      @Nullable Instant lastSeen,
      @Nullable String problem,
      @Nullable Boolean leaving) {
    /** One that stays. */
    public Node(
        String name,
        @Nullable String zone,
        @Nullable String address,
        boolean agent,
        boolean reporting,
        @Nullable Instant lastSeen,
        @Nullable String problem) {
      this(name, zone, address, agent, reporting, lastSeen, problem, null);
    }

    /** Whether it is about to be removed. */
    @JsonIgnore
    public boolean isLeaving() {
      return Boolean.TRUE.equals(leaving);
    }

    Node withLeaving() {
      return new Node(name, zone, address, agent, reporting, lastSeen, problem, true);
    }
  }

  /**
   * A traffic class in one address family.
   *
   * @param port its name
   * @param family {@code IPv4} or {@code IPv6}
   */
  public record TrafficClass(String port, String family) {}

  /**
   * An ordered pair in one traffic class, over the pooled windows.
   *
   * @param source who probed
   * @param destination who was probed
   * @param port the traffic class
   * @param family {@code IPv4} or {@code IPv6}
   * @param windows how many windows it pools
   * @param sent probes sent
   * @param received probes that returned in time
   * @param lost probes that count as lost
   * @param refused probes that the peer's host refused, which are not loss
   * @param lossPercent of received and lost; absent without any, never a zero for no data
   * @param rttP50 median RTT in milliseconds, over windows their mean; absent where none returned
   * @param rttP99 99th percentile in milliseconds, the worst window's
   * @param jitter in milliseconds
   * @param lastWindow end of its newest window
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Pair(
      String source,
      String destination,
      String port,
      String family,
      int windows,
      long sent,
      long received,
      long lost,
      long refused,
      @Nullable Double lossPercent,
      @Nullable Double rttP50,
      @Nullable Double rttP99,
      @Nullable Double jitter,
      Instant lastWindow) {

    /** The pair of pooled cells. */
    static Pair of(PairSeries series) {
      Cell cell = series.pooled();
      return new Pair(
          series.source(),
          series.destination(),
          series.port(),
          series.family(),
          series.windows(),
          cell.sent(),
          cell.received(),
          cell.lost(),
          cell.refused(),
          Rounding.percent(cell.lossPercent()),
          Rounding.millis(cell.rttP50()),
          Rounding.millis(cell.rttP99()),
          Rounding.millis(cell.jitter()),
          Instant.ofEpochSecond(cell.end()));
    }
  }

  /**
   * All pairs from one zone to another in one traffic class. Percentiles do not merge: of the
   * pairs' numbers the median and the worst are told.
   *
   * @param source zone of the sources; empty where they have none
   * @param destination zone of the destinations; empty where they have none
   * @param port the traffic class
   * @param family {@code IPv4} or {@code IPv6}
   * @param pairs how many pairs
   * @param sent probes sent
   * @param received probes that returned in time
   * @param lost probes that count as lost
   * @param refused probes that the peers' hosts refused, which are not loss
   * @param lossPercent of all of them together; absent without any that counts
   * @param medianLossPercent of the median pair
   * @param worstLossPercent of the pair that loses most
   * @param worstSource who probes in that pair
   * @param worstDestination who is probed in that pair
   * @param medianRttP50 of the pairs' median RTTs the median, milliseconds
   * @param worstRttP50 the longest
   * @param medianRttP99 of the pairs' 99th percentiles the median, milliseconds
   * @param worstRttP99 the longest
   * @param medianJitter milliseconds
   * @param worstJitter milliseconds
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ZonePair(
      String source,
      String destination,
      String port,
      String family,
      int pairs,
      long sent,
      long received,
      long lost,
      long refused,
      @Nullable Double lossPercent,
      @Nullable Double medianLossPercent,
      @Nullable Double worstLossPercent,
      String worstSource,
      String worstDestination,
      @Nullable Double medianRttP50,
      @Nullable Double worstRttP50,
      @Nullable Double medianRttP99,
      @Nullable Double worstRttP99,
      @Nullable Double medianJitter,
      @Nullable Double worstJitter) {}
}
