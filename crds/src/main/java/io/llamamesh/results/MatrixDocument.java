package io.llamamesh.results;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * JSON document of {@code /api/v1/matrix}: the loss and latency matrix, as page and terminal show
 * it.
 *
 * @param mesh the mesh's name
 * @param time time at which it was made
 * @param intervalSeconds length of a window
 * @param windows windows pooled per pair at most
 * @param lastWindow end of the newest window; absent without one
 * @param lossPercentLimit loss above which a pair may be bad
 * @param rttP99LimitMillis p99 above which a pair is slow
 * @param nodes sources and destinations, by zone, then name
 * @param classes traffic classes that have pairs
 * @param pairs pairs with windows, by source, destination, class
 * @param zonePairs the pairs rolled up by zones, instead of {@code pairs}; absent without a roll-up
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
   * A node or target: a row and a column of the matrix.
   *
   * @param name the node's or target's name
   * @param zone its zone; absent if it has none
   * @param address address at which it is probed; absent while unknown
   * @param agent true if it has an agent, and thus a row
   * @param reporting true if that agent's last window arrived in time
   * @param lastSeen time of its agent's last answer; absent before the first
   * @param problem reason why its agent does not report; absent if it does
   * @param leaving true if it is about to be removed, and thus not judged; else absent
   * @param silencedUntil time until which it is silenced, and thus not judged; absent if it is not
   * @param method {@code icmp} or {@code tcp}, by which a target without a reflector is probed;
   *     else absent
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
      @Nullable Boolean leaving,
      @Nullable Instant silencedUntil,
      @Nullable String method) {
    /** A node that stays, and is judged. */
    public Node(
        String name,
        @Nullable String zone,
        @Nullable String address,
        boolean agent,
        boolean reporting,
        @Nullable Instant lastSeen,
        @Nullable String problem) {
      this(name, zone, address, agent, reporting, lastSeen, problem, null, null, null);
    }

    /** True if it is about to be removed. */
    @JsonIgnore
    public boolean isLeaving() {
      return Boolean.TRUE.equals(leaving);
    }

    /** The same one, about to be removed. */
    public Node withLeaving() {
      return new Node(
          name, zone, address, agent, reporting, lastSeen, problem, true, silencedUntil, method);
    }

    /** The same one, silenced until a time. */
    public Node withSilence(Instant until) {
      return new Node(
          name, zone, address, agent, reporting, lastSeen, problem, leaving, until, method);
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
   * @param source name of the node that probed
   * @param destination name of the node or target that was probed
   * @param port the traffic class
   * @param family {@code IPv4} or {@code IPv6}
   * @param windows number of windows pooled
   * @param sent probes sent
   * @param received probes that returned in time
   * @param lost probes that count as lost
   * @param refused probes that the peer's host refused, which are not loss
   * @param lossPercent loss of received and lost; absent without any, so that no data never reads
   *     as zero
   * @param rttP50 median RTT in milliseconds, over several windows their mean; absent if none
   *     returned
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
      Instant lastWindow) {}

  /**
   * All pairs from one zone to another in one traffic class. Percentiles do not merge, so these are
   * the median and the worst of the pairs' numbers.
   *
   * @param source zone of the sources; empty if they have none
   * @param destination zone of the destinations; empty if they have none
   * @param port the traffic class
   * @param family {@code IPv4} or {@code IPv6}
   * @param pairs number of pairs
   * @param sent probes sent
   * @param received probes that returned in time
   * @param lost probes that count as lost
   * @param refused probes that the peers' hosts refused, which are not loss
   * @param lossPercent loss of all pairs together; absent if no probe counts
   * @param medianLossPercent loss of the median pair
   * @param worstLossPercent loss of the worst pair
   * @param worstSource source of the worst pair
   * @param worstDestination destination of the worst pair
   * @param medianRttP50 median of the pairs' median RTTs, milliseconds
   * @param worstRttP50 longest of the pairs' median RTTs
   * @param medianRttP99 median of the pairs' 99th percentiles, milliseconds
   * @param worstRttP99 longest of the pairs' 99th percentiles
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
