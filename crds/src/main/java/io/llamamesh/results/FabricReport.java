package io.llamamesh.results;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.List;

/**
 * The part of a {@link MeshReport} that comes from agents' fabric: who is unreachable and who
 * cannot reach whom, within seconds of a fault, long before windows show it.
 *
 * @param agents how many agents' fabric is watched and answers; 0: none does at the moment, and the
 *     rest is what was known last
 * @param observedAt when it last became as it is
 * @param unreachable who is unreachable, by name, at most {@value #MAX_UNREACHABLE}; nodes that are
 *     about to be removed are left out
 * @param partitions who cannot reach whom though all are alive, at most {@value #MAX_PARTITIONS}
 * @param fabricBlocked nodes that answer probes and have no link of the fabric, by name, at most
 *     {@value #MAX_BLOCKED}: their port of the fabric is blocked, which is no failure of the
 *     network
 */
public record FabricReport(
    int agents,
    Instant observedAt,
    List<Unreachable> unreachable,
    List<Partition> partitions,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Blocked> fabricBlocked) {
  /** Most nodes that are named as unreachable. */
  public static final int MAX_UNREACHABLE = 200;

  /** Most partitions that are named. */
  public static final int MAX_PARTITIONS = 20;

  /** Most nodes whose port is named as blocked. */
  public static final int MAX_BLOCKED = 200;

  public FabricReport {
    unreachable = List.copyOf(unreachable);
    partitions = List.copyOf(partitions);
    // Scrapers before this field leave it out.
    fabricBlocked = fabricBlocked == null ? List.of() : List.copyOf(fabricBlocked);
  }

  /** A report in which nobody's port is blocked. */
  public FabricReport(
      int agents, Instant observedAt, List<Unreachable> unreachable, List<Partition> partitions) {
    this(agents, observedAt, unreachable, partitions, List.of());
  }

  /** Nobody is unreachable, by the word of that many agents. */
  public static FabricReport clear(int agents, Instant observedAt) {
    return new FabricReport(agents, observedAt, List.of(), List.of());
  }

  /** The same as of another time, by the word of so many agents. */
  public FabricReport withAgents(int watched, Instant time) {
    return new FabricReport(watched, time, unreachable, partitions, fabricBlocked);
  }

  /** True when nobody is unreachable and there is no partition; a blocked port is neither. */
  @JsonIgnore
  public boolean isClear() {
    return unreachable.isEmpty() && partitions.isEmpty();
  }

  /**
   * A node that no agent reaches.
   *
   * @param node its name in the fabric, that of its agent's source
   * @param since since when this scraper knows it
   * @param kind what is gone
   */
  public record Unreachable(String node, Instant since, Kind kind) {}

  /** What is gone of an unreachable node. */
  public enum Kind {
    /** Nothing of it answers: its host, or its way to everybody. */
    @JsonProperty("node")
    NODE,
    /** Its host answers, its agent does not listen. */
    @JsonProperty("agent")
    AGENT
  }

  /**
   * Two groups of nodes, all alive, of which no member of the one reaches any of the other.
   *
   * @param sideA names in order; the side that has the first of all names
   * @param sideB names in order
   * @param via some nodes that reach both sides, in order
   * @param direction which way nothing arrives
   * @param since since when this scraper knows it
   * @param probesOnly whether TCP passes between the sides and only UDP does not
   */
  public record Partition(
      List<String> sideA,
      List<String> sideB,
      List<String> via,
      Direction direction,
      Instant since,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean probesOnly) {
    public Partition {
      sideA = List.copyOf(sideA);
      sideB = List.copyOf(sideB);
      via = List.copyOf(via);
    }

    /** A partition over which nothing passes at all. */
    public Partition(
        List<String> sideA,
        List<String> sideB,
        List<String> via,
        Direction direction,
        Instant since) {
      this(sideA, sideB, via, direction, since, false);
    }
  }

  /**
   * A node that answers probes and has no link of the fabric.
   *
   * @param node its name in the fabric
   * @param since since when this scraper knows it
   */
  public record Blocked(String node, Instant since) {}

  /** The way in which nothing arrives. */
  public enum Direction {
    /** Neither way. */
    @JsonProperty("both")
    BOTH,
    /** What A sends does not arrive at B. */
    @JsonProperty("aToB")
    A_TO_B,
    /** What B sends does not arrive at A. */
    @JsonProperty("bToA")
    B_TO_A
  }
}
