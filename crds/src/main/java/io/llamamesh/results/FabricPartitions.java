package io.llamamesh.results;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import java.util.Objects;

/**
 * Members that are up and cannot reach each other, by the word of one agent: {@code
 * /v1/partitions}.
 *
 * @param partitions none where all reach all
 */
public record FabricPartitions(List<Partition> partitions) {
  public FabricPartitions {
    partitions = List.copyOf(partitions);
  }

  /**
   * Two groups of which no member of the one reaches any of the other.
   *
   * @param sideA names in order; the side that has the first of all names
   * @param sideB names in order
   * @param direction which way nothing arrives
   * @param probesOnly whether links between the sides work and only probes do not arrive
   * @param via some members that reach both sides, in order
   * @param viaCount how many there are
   */
  @JsonPropertyOrder({"sideA", "sideB", "direction", "probesOnly", "via", "viaCount"})
  public record Partition(
      List<String> sideA,
      List<String> sideB,
      Direction direction,
      boolean probesOnly,
      List<String> via,
      int viaCount) {
    public Partition {
      Objects.requireNonNull(direction, "direction");
      sideA = List.copyOf(sideA);
      sideB = List.copyOf(sideB);
      via = List.copyOf(via);
    }
  }

  /** The way in which nothing arrives. */
  public enum Direction {
    /** Neither way. */
    @JsonProperty("both")
    BOTH,
    /** What A sends does not arrive at B. */
    @JsonProperty("a-to-b")
    A_TO_B,
    /** What B sends does not arrive at A. */
    @JsonProperty("b-to-a")
    B_TO_A
  }
}
