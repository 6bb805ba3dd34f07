package io.llamamesh.results;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What is wrong with the network, in the words of the condition {@code NetworkHealthy}. */
public enum Verdict {
  /** Nothing. */
  @JsonProperty("Healthy")
  HEALTHY("Healthy"),
  /** A node loses what it sends or receives. */
  @JsonProperty("NodeLoss")
  NODE_LOSS("NodeLoss"),
  /** A zone or a pair of zones does. */
  @JsonProperty("ZoneLoss")
  ZONE_LOSS("ZoneLoss"),
  /** One or a few pairs do, without a common culprit. */
  @JsonProperty("PairLoss")
  PAIR_LOSS("PairLoss"),
  /** The loss of a pair concentrates on some source ports: one of several ECMP paths. */
  @JsonProperty("PartialPath")
  PARTIAL_PATH("PartialPath"),
  /** One direction of a pair explains its loss. */
  @JsonProperty("OneWayLoss")
  ONE_WAY_LOSS("OneWayLoss"),
  /** No loss above the limit, but p99 is. */
  @JsonProperty("HighLatency")
  HIGH_LATENCY("HighLatency"),
  /** There are no windows to judge by. */
  @JsonProperty("NoData")
  NO_DATA("NoData");

  private final String reason;

  Verdict(String reason) {
    this.reason = reason;
  }

  /** The reason of the condition, in CamelCase. */
  public String reason() {
    return reason;
  }
}
