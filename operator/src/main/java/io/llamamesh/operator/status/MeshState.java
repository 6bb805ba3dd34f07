package io.llamamesh.operator.status;

import io.llamamesh.crd.MeshSettings;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.operator.plan.SpecRefusal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * State of a mesh, from which its status is made.
 *
 * @param generation of the spec that was reconciled
 * @param refusals what is wrong with that spec; empty where it is accepted
 * @param settings what the spec in force means: that one, or the last accepted; null where none
 *     ever was
 * @param paused writes are stopped
 * @param plan what the mesh shall look like; null where no spec is in force
 * @param stale ConfigMaps that are not current, sorted names of their nodes
 * @param failures one line for each write that failed
 * @param taken objects of the mesh's names that are somebody else's, as {@code Service net-agent}
 * @param agents the agents
 * @param scraper the scraper
 * @param network what is known of the network
 * @param registry what is known of the registry; null where there shall be none
 * @param programs what is known of the credentials of programs; null where the mesh names none
 */
public record MeshState(
    long generation,
    List<SpecRefusal> refusals,
    @Nullable MeshSettings settings,
    boolean paused,
    @Nullable MeshPlan plan,
    List<String> stale,
    List<String> failures,
    List<String> taken,
    AgentsReadiness agents,
    ScraperReadiness scraper,
    NetworkView network,
    @Nullable RegistryView registry,
    @Nullable ProgramsView programs) {
  public MeshState {
    refusals = List.copyOf(refusals);
    stale = List.copyOf(stale);
    failures = List.copyOf(failures);
    taken = List.copyOf(taken);
  }

  /** State of a mesh without a registry and without credentials of programs. */
  public MeshState(
      long generation,
      List<SpecRefusal> refusals,
      @Nullable MeshSettings settings,
      boolean paused,
      @Nullable MeshPlan plan,
      List<String> stale,
      List<String> failures,
      List<String> taken,
      AgentsReadiness agents,
      ScraperReadiness scraper,
      NetworkView network) {
    this(
        generation,
        refusals,
        settings,
        paused,
        plan,
        stale,
        failures,
        taken,
        agents,
        scraper,
        network,
        null,
        null);
  }
}
