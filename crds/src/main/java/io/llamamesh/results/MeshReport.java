package io.llamamesh.results;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The scraper's report of the network: {@code /api/v1/report}, read by the operator, the page and
 * the terminal.
 *
 * @param mesh the mesh's name
 * @param time when it was made
 * @param verdict what is wrong
 * @param message one sentence for people
 * @param totals numbers over the whole mesh
 * @param worstPairs the worst pairs and classes, worst first, at most 50
 * @param suspects who explains the bad pairs, best first, at most 20
 * @param silent who answers no probe while that is not the network's loss, by name, at most 50
 * @param store the state of the time-series store
 * @param fabric what agents know of each other; absent where no agent takes part in a fabric, and
 *     from an older scraper
 * @param silenced nodes that somebody silenced, by name: measured and shown, and not judged; absent
 *     without any
 */
@JsonPropertyOrder({
  "mesh",
  "time",
  "verdict",
  "message",
  "totals",
  "worstPairs",
  "suspects",
  "silent",
  "store",
  "fabric",
  "silenced"
})
public record MeshReport(
    String mesh,
    Instant time,
    Verdict verdict,
    String message,
    Totals totals,
    List<PairReport> worstPairs,
    List<Suspect> suspects,
    List<Silent> silent,
    Store store,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable FabricReport fabric,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<SilencedNode> silenced) {
  public MeshReport {
    worstPairs = List.copyOf(worstPairs);
    suspects = List.copyOf(suspects);
    // A scraper of before says nothing of it.
    silent = silent == null ? List.of() : List.copyOf(silent);
    silenced = silenced == null ? List.of() : List.copyOf(silenced);
  }

  /** With nobody who is silenced. */
  public MeshReport(
      String mesh,
      Instant time,
      Verdict verdict,
      String message,
      Totals totals,
      List<PairReport> worstPairs,
      List<Suspect> suspects,
      List<Silent> silent,
      Store store,
      @Nullable FabricReport fabric) {
    this(
        mesh,
        time,
        verdict,
        message,
        totals,
        worstPairs,
        suspects,
        silent,
        store,
        fabric,
        List.of());
  }

  /** Without a word of the fabric. */
  public MeshReport(
      String mesh,
      Instant time,
      Verdict verdict,
      String message,
      Totals totals,
      List<PairReport> worstPairs,
      List<Suspect> suspects,
      List<Silent> silent,
      Store store) {
    this(mesh, time, verdict, message, totals, worstPairs, suspects, silent, store, null);
  }

  /** With nobody who is silent. */
  public MeshReport(
      String mesh,
      Instant time,
      Verdict verdict,
      String message,
      Totals totals,
      List<PairReport> worstPairs,
      List<Suspect> suspects,
      Store store) {
    this(mesh, time, verdict, message, totals, worstPairs, suspects, List.of(), store);
  }

  /** The same judgement, made at another time. */
  public MeshReport withTime(Instant made) {
    return new MeshReport(
        mesh,
        made,
        verdict,
        message,
        totals,
        worstPairs,
        suspects,
        silent,
        store,
        fabric,
        silenced);
  }

  /** The same numbers under another verdict. */
  public MeshReport withVerdict(Verdict other, String sentence) {
    return new MeshReport(
        mesh, time, other, sentence, totals, worstPairs, suspects, silent, store, fabric, silenced);
  }

  /** The same judgement beside another state of the store. */
  public MeshReport withStore(Store other) {
    return new MeshReport(
        mesh,
        time,
        verdict,
        message,
        totals,
        worstPairs,
        suspects,
        silent,
        other,
        fabric,
        silenced);
  }

  /** The same judgement beside another state of the fabric; null: none is known. */
  public MeshReport withFabric(@Nullable FabricReport other) {
    return new MeshReport(
        mesh, time, verdict, message, totals, worstPairs, suspects, silent, store, other, silenced);
  }

  /** The same judgement beside other silenced nodes, and with a message that names them. */
  public MeshReport withSilenced(List<SilencedNode> others, String text) {
    return new MeshReport(
        mesh, time, verdict, text, totals, worstPairs, suspects, silent, store, fabric, others);
  }

  /**
   * Numbers over the whole mesh.
   *
   * @param agents agents that should report
   * @param agentsReporting agents whose last window arrived
   * @param pairs ordered pairs of nodes with a recent window
   * @param badPairs those of them that are judged bad in some class and family
   * @param lossPercent lost of all counted probes, those to {@link Cause#UNREACHABLE} nodes apart;
   *     absent without any
   * @param rttP50 median over pairs of the pair's median, milliseconds
   * @param rttP99 99th percentile over pairs of the pair's p99, milliseconds
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Totals(
      int agents,
      int agentsReporting,
      int pairs,
      int badPairs,
      @Nullable Double lossPercent,
      @Nullable Double rttP50,
      @Nullable Double rttP99) {}

  /**
   * An ordered pair of nodes in one traffic class, pooled over the last windows.
   *
   * @param source who probed
   * @param destination who was probed
   * @param port the traffic class
   * @param family the address family; absent where the scraper is older
   * @param verdict {@link Verdict#HEALTHY}, {@link Verdict#PAIR_LOSS}, {@link
   *     Verdict#PARTIAL_PATH}, {@link Verdict#ONE_WAY_LOSS} or {@link Verdict#HIGH_LATENCY}
   * @param sent probes sent
   * @param lost probes lost
   * @param lossPercent of those that count; absent without any
   * @param rttP50 median, milliseconds; absent where nothing returned
   * @param rttP99 99th percentile, milliseconds
   * @param badPorts source ports on which the loss concentrates
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record PairReport(
      String source,
      String destination,
      String port,
      @Nullable String family,
      Verdict verdict,
      long sent,
      long lost,
      @Nullable Double lossPercent,
      @Nullable Double rttP50,
      @Nullable Double rttP99,
      List<Integer> badPorts) {
    public PairReport {
      badPorts = List.copyOf(badPorts);
    }
  }

  /**
   * Someone who explains bad pairs.
   *
   * @param kind what it is
   * @param name a node, a zone, {@code a>b} for pairs, {@code a,b | c,d} for a block both ways and
   *     {@code a,b > c,d} for one of one way, abridged
   * @param direction which of its traffic suffers; absent: both
   * @param explains how many bad pairs it covers
   * @param of how many of its pairs were tested
   * @param lossPercent over those pairs
   * @param sides whole, of a block; else absent
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Suspect(
      Kind kind,
      String name,
      @Nullable Direction direction,
      int explains,
      int of,
      @Nullable Double lossPercent,
      @Nullable Sides sides) {
    /** One that is no block. */
    public Suspect(
        Kind kind,
        String name,
        @Nullable Direction direction,
        int explains,
        int of,
        @Nullable Double lossPercent) {
      this(kind, name, direction, explains, of, lossPercent, null);
    }
  }

  /**
   * The two sides of a block: nodes that are well among themselves and lose what they send to the
   * other side.
   *
   * @param from nodes that send, by name
   * @param to nodes that receive, by name
   * @param bothWays whether the way back is as bad
   * @param via nodes of neither side that reach both, by name
   */
  public record Sides(List<String> from, List<String> to, boolean bothWays, List<String> via) {
    public Sides {
      from = List.copyOf(from);
      to = List.copyOf(to);
      via = List.copyOf(via);
    }
  }

  /**
   * Someone who answers no probe while that is not the network's loss.
   *
   * @param name a node or an outside target
   * @param cause why nothing comes back
   * @param sources how many nodes get no answer from it; where it cannot send, to how many
   * @param of how many nodes probe it; where it cannot send, how many it probes
   */
  public record Silent(String name, Cause cause, int sources, int of) {}

  /** The cause of a silence. */
  public enum Cause {
    /** Its agent answers neither probes nor the scraper. */
    @JsonProperty("Unreachable")
    UNREACHABLE,
    /** Its host says that nobody listens there. */
    @JsonProperty("Refused")
    REFUSED,
    /** Its own kernel does not send: no route, a local filter, a probe above the path's MTU. */
    @JsonProperty("Unsent")
    UNSENT,
    /** Answers that cannot be used, such as without the mesh's key, or probes dropped on a host. */
    @JsonProperty("Unanswered")
    UNANSWERED
  }

  /** The kind of a suspect. */
  public enum Kind {
    @JsonProperty("Mesh")
    MESH,
    @JsonProperty("Node")
    NODE,
    @JsonProperty("Zone")
    ZONE,
    @JsonProperty("ZonePair")
    ZONE_PAIR,
    /** The links between two sets of nodes. */
    @JsonProperty("Block")
    BLOCK,
    @JsonProperty("Pair")
    PAIR
  }

  /** The direction of a node's or zone's traffic that suffers. */
  public enum Direction {
    @JsonProperty("Egress")
    EGRESS,
    @JsonProperty("Ingress")
    INGRESS
  }

  /**
   * The time-series store.
   *
   * @param state whether the last write was acknowledged
   * @param message the store's own words where it was not, or where it was and did not take some
   *     points of late
   * @param lastWrite when it last acknowledged one
   * @param pointsWritten points it acknowledged since the scraper started
   * @param trouble what became of points that a reachable store did not take of late; absent where
   *     it took all, and from an older scraper
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Store(
      State state,
      @Nullable String message,
      @Nullable Instant lastWrite,
      long pointsWritten,
      @Nullable Trouble trouble) {
    /** A store that took all, or none. */
    public Store(
        State state, @Nullable String message, @Nullable Instant lastWrite, long pointsWritten) {
      this(state, message, lastWrite, pointsWritten, null);
    }

    /** What becomes of points that a reachable store does not take. */
    public enum Trouble {
      /** They are given up. */
      @JsonProperty("PointsRejected")
      POINTS_REJECTED,
      /** It fails on them; their agents keep them, and they are tried again. */
      @JsonProperty("WritesFailing")
      WRITES_FAILING
    }

    /** True when writing works. */
    public enum State {
      @JsonProperty("NotConfigured")
      NOT_CONFIGURED,
      /** Configured, nothing written yet. */
      @JsonProperty("Pending")
      PENDING,
      @JsonProperty("Reachable")
      REACHABLE,
      @JsonProperty("Unreachable")
      UNREACHABLE
    }
  }
}
