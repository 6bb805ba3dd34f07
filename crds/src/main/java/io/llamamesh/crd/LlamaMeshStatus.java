package io.llamamesh.crd;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.fabric8.kubernetes.api.model.Condition;
import io.llamamesh.crd.LlamaMeshSpec.IpFamily;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The status of a mesh, and of its network. Absent numbers are not known. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({
  "observedGeneration",
  "observedAt",
  "nodes",
  "outside",
  "agentsReady",
  "agentsReporting",
  "pairs",
  "lossPercent",
  "rttP99",
  "groups",
  "ipFamilies",
  "worstPairs",
  "suspects",
  "conditions"
})
public record LlamaMeshStatus(
    @JsonPropertyDescription(
            "Generation of the spec that this status is about; -1: no operator has looked at the mesh yet.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "Time of the report that the network's numbers come from. It moves as long as the operator and a scraper run; when it stands still, the numbers are old.")
        @Nullable String observedAt,
    @JsonPropertyDescription("Members of the mesh.") @Nullable Integer nodes,
    @JsonPropertyDescription(
            "Probes outside the cluster that are registered. Absent: spec.registration is off.")
        @Nullable Integer outside,
    @JsonPropertyDescription("Agents that are ready.") @Nullable Integer agentsReady,
    @JsonPropertyDescription("Agents whose last window arrived at the scraper.")
        @Nullable Integer agentsReporting,
    @JsonPropertyDescription("Ordered pairs of nodes with a recent window.")
        @Nullable Integer pairs,
    @JsonPropertyDescription("Lost of all counted probes of the mesh, percent.")
        @Nullable String lossPercent,
    @JsonPropertyDescription("99th percentile over pairs of the pair's 99th percentile.")
        @Nullable String rttP99,
    @JsonPropertyDescription("Groups and their sizes.") @Nullable List<GroupStatus> groups,
    @JsonPropertyDescription(
            "Address families that are probed over: those of spec.ipFamilies, or the nodes' own.")
        @Nullable List<IpFamily> ipFamilies,
    @JsonPropertyDescription("The worst pairs, at most 10.") @Nullable List<WorstPair> worstPairs,
    @JsonPropertyDescription("Who explains the bad pairs, at most 5.")
        @Nullable List<SuspectStatus> suspects,
    @JsonPropertyDescription(
            "Accepted, Paused, ConfigsReady, AgentsReady, ScraperReady, StoreReachable, NetworkHealthy, Ready; RegistryReady where spec.registration is on, ProgramsReady where spec.fabric.programsSecret names a Secret.")
        @Nullable List<Condition> conditions) {

  /**
   * The generation that a mesh without a status is said to be observed at. By the rules of kstatus,
   * of Flux and others, an object without {@code observedGeneration} and conditions is current.
   */
  public static final long NOT_OBSERVED = -1;

  /** True when an operator wrote it: the API server gives one to each mesh that has none. */
  @JsonIgnore
  public boolean isObserved() {
    return observedGeneration != null && observedGeneration != NOT_OBSERVED;
  }

  /** The same status with another one's numbers of the network, and their time. */
  public LlamaMeshStatus withNumbersOf(LlamaMeshStatus other) {
    return new LlamaMeshStatus(
        observedGeneration,
        other.observedAt,
        nodes,
        outside,
        agentsReady,
        other.agentsReporting,
        other.pairs,
        other.lossPercent,
        other.rttP99,
        groups,
        ipFamilies,
        other.worstPairs,
        other.suspects,
        conditions);
  }

  /** The same status with other conditions. */
  public LlamaMeshStatus withConditions(@Nullable List<Condition> conditions) {
    return new LlamaMeshStatus(
        observedGeneration,
        observedAt,
        nodes,
        outside,
        agentsReady,
        agentsReporting,
        pairs,
        lossPercent,
        rttP99,
        groups,
        ipFamilies,
        worstPairs,
        suspects,
        conditions);
  }

  /** A group's size. */
  public record GroupStatus(
      @JsonPropertyDescription("Name of the group.") String name,
      @JsonPropertyDescription("Members.") int nodes,
      @JsonPropertyDescription("Targets outside the cluster.") int targets) {}

  /** A bad pair. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record WorstPair(
      @JsonPropertyDescription("source>destination.") String pair,
      @JsonPropertyDescription("Who probed.") String source,
      @JsonPropertyDescription("Who was probed.") String destination,
      @JsonPropertyDescription("Traffic class.") String port,
      @JsonPropertyDescription("Loss, percent.") @Nullable String lossPercent,
      @JsonPropertyDescription("99th percentile of its RTT.") @Nullable String rttP99,
      @JsonPropertyDescription("PairLoss, PartialPath, OneWayLoss or HighLatency.")
          String verdict) {}

  /** Someone who explains bad pairs. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record SuspectStatus(
      @JsonPropertyDescription("Mesh, Node, Zone, ZonePair, Block or Pair.") String kind,
      @JsonPropertyDescription("Its name.") String name,
      @JsonPropertyDescription("Egress or Ingress; absent: both.") @Nullable String direction,
      @JsonPropertyDescription("Bad pairs that it explains.") int explains,
      @JsonPropertyDescription("Pairs of it that were tested.") int of,
      @JsonPropertyDescription("Loss over them, percent.") @Nullable String lossPercent) {}
}
