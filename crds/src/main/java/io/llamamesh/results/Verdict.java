package io.llamamesh.results;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The state of the network in one word, the reason of the condition {@code NetworkHealthy}. */
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
  /** Most pairs of the whole mesh do: a cause that all have in common. */
  @JsonProperty("MeshLoss")
  MESH_LOSS("MeshLoss"),
  /** Nothing passes between two sets of nodes, each of which is well within itself. */
  @JsonProperty("Partitioned")
  PARTITIONED("Partitioned"),
  /** UDP does not pass between two sets of nodes, and TCP does; by the word of the fabric. */
  @JsonProperty("ProbesBlocked")
  PROBES_BLOCKED("ProbesBlocked"),
  /** The links between two sets of nodes lose more than the limit. */
  @JsonProperty("BlockLoss")
  BLOCK_LOSS("BlockLoss"),
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
  /** Nodes answer neither probes nor the scraper: they or their agents are down, or cut off. */
  @JsonProperty("NodeUnreachable")
  NODE_UNREACHABLE("NodeUnreachable"),
  /** Nodes or outside targets answer no probe, and it is not the network that loses them. */
  @JsonProperty("TargetsSilent")
  TARGETS_SILENT("TargetsSilent"),
  /** Nothing is wrong with what is measured, but too much is not measured. */
  @JsonProperty("Incomplete")
  INCOMPLETE("Incomplete"),
  /** There are no windows to judge by. */
  @JsonProperty("NoData")
  NO_DATA("NoData");

  private final String reason;

  Verdict(String reason) {
    this.reason = reason;
  }

  /** True when it says that packets are lost on the network. */
  public boolean isLoss() {
    return switch (this) {
      case NODE_LOSS,
          ZONE_LOSS,
          MESH_LOSS,
          PARTITIONED,
          PROBES_BLOCKED,
          BLOCK_LOSS,
          PAIR_LOSS,
          PARTIAL_PATH,
          ONE_WAY_LOSS ->
          true;
      case HEALTHY, HIGH_LATENCY, NODE_UNREACHABLE, TARGETS_SILENT, INCOMPLETE, NO_DATA -> false;
    };
  }

  /** True when too little is known to call the network healthy or not. */
  public boolean isUnknown() {
    return this == INCOMPLETE || this == NO_DATA;
  }

  /** The reason of the condition, in CamelCase. */
  public String reason() {
    return reason;
  }
}
