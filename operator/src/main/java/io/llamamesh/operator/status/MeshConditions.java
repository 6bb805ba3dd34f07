package io.llamamesh.operator.status;

import io.fabric8.kubernetes.api.model.Condition;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.operator.plan.SpecCheck;
import io.llamamesh.operator.plan.SpecRefusal;
import io.llamamesh.operator.status.MeshCondition.Status;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.MeshReport.Store;
import io.llamamesh.results.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The conditions of a mesh, from its state: one of each type. */
final class MeshConditions {
  /** Reason of a condition and of an Event. */
  static final String DUPLICATE_NAME = "DuplicateName";

  /** Reason of a condition: an object is there that is somebody else's. */
  static final String OBJECT_TAKEN = "ObjectTaken";

  private static final int NAMED = 5;

  private MeshConditions() {}

  /**
   * The conditions of a mesh.
   *
   * @param before the conditions in its status: while the scraper has not been asked yet, an
   *     operator that has just started knows no better
   */
  static List<MeshCondition> of(MeshState state, List<Condition> before) {
    List<MeshCondition> conditions = new ArrayList<>();
    conditions.add(accepted(state));
    conditions.add(
        state.paused()
            ? MeshCondition.ofTrue(
                ConditionTypes.PAUSED,
                "PausedBySpec",
                "spec.paused is true: nothing is written but which nodes are leaving")
            : MeshCondition.ofFalse(ConditionTypes.PAUSED, "NotPaused", ""));
    conditions.add(configs(state));
    conditions.add(agents(state));
    conditions.add(scraper(state));
    RegistryView registry = state.registry();
    if (registry != null) {
      conditions.add(registry(registry, state.plan(), before));
    }
    conditions.add(keepIfNotAsked(store(state), state, before));
    ProgramsView programs = state.programs();
    if (programs != null) {
      conditions.add(programs(programs, before));
    }
    conditions.add(keepIfNotAsked(network(state.network()), state, before));
    conditions.add(ready(conditions));
    return conditions;
  }

  private static MeshCondition keepIfNotAsked(
      MeshCondition found, MeshState state, List<Condition> before) {
    if (found.status() != Status.UNKNOWN || !state.network().equals(NetworkView.NOT_ASKED)) {
      return found;
    }
    return before.stream()
        .filter(c -> c.getType().equals(found.type()))
        .map(MeshConditions::kept)
        .findFirst()
        .orElse(found);
  }

  private static MeshCondition kept(Condition c) {
    return new MeshCondition(c.getType(), Status.of(c.getStatus()), c.getReason(), c.getMessage());
  }

  private static MeshCondition accepted(MeshState state) {
    if (state.refusals().isEmpty()) {
      List<String> warnings =
          state.settings() == null ? List.of() : SpecCheck.warnings(state.settings());
      return MeshCondition.ofTrue(ConditionTypes.ACCEPTED, "Accepted", String.join("; ", warnings));
    }
    String message =
        state.refusals().stream()
                .map(SpecRefusal::message)
                .limit(NAMED)
                .collect(Collectors.joining("; "))
            + (state.refusals().size() > NAMED
                ? "; and " + (state.refusals().size() - NAMED) + " more"
                : "")
            + (state.settings() == null ? "" : ". The last accepted spec stays in force");
    return MeshCondition.ofFalse(
        ConditionTypes.ACCEPTED, state.refusals().getFirst().reason(), message);
  }

  private static MeshCondition configs(MeshState state) {
    if (state.plan() == null) {
      return MeshCondition.ofFalse(
          ConditionTypes.CONFIGS_READY, "NotAccepted", "no spec has been accepted yet");
    }
    if (!state.taken().isEmpty()) {
      boolean one = state.taken().size() == 1;
      return MeshCondition.ofFalse(
          ConditionTypes.CONFIGS_READY,
          OBJECT_TAKEN,
          abbreviated(state.taken())
              + (one
                  ? " is not this mesh's and stays as it is; delete or rename it"
                  : " are not this mesh's and stay as they are; delete or rename them")
              + ", or name the mesh otherwise; with the labels app.kubernetes.io/name=llama-mesh,"
              + " app.kubernetes.io/managed-by=llama-mesh-operator and llamamesh.io/mesh=<mesh>"
              + " the mesh takes "
              + (one ? "it" : "them")
              + " over");
    }
    if (!state.failures().isEmpty()) {
      return MeshCondition.ofFalse(
          ConditionTypes.CONFIGS_READY,
          "WriteFailed",
          (state.failures().size() == 1
                  ? "a write failed: "
                  : state.failures().size() + " writes failed, first: ")
              + state.failures().getFirst());
    }
    if (!state.stale().isEmpty()) {
      return MeshCondition.ofFalse(
          ConditionTypes.CONFIGS_READY,
          state.paused() ? "Paused" : "Writing",
          "not current: " + abbreviated(state.stale()));
    }
    if (!state.plan().withoutAddress().isEmpty()) {
      return addresses(state.plan());
    }
    if (!state.plan().sharedAddresses().isEmpty()) {
      return MeshCondition.ofTrue(
          ConditionTypes.CONFIGS_READY,
          "AddressesShared",
          "not probed, since another has the address and the results of both would be one; delete the"
              + " Node that is no more, or leave the target out: "
              + abbreviated(
                  state.plan().sharedAddresses().entrySet().stream()
                      .map(shared -> shared.getKey() + " (that of " + shared.getValue() + ")")
                      .toList()));
    }
    if (!state.plan().duplicateNames().isEmpty()) {
      return MeshCondition.ofTrue(
          ConditionTypes.CONFIGS_READY,
          DUPLICATE_NAME,
          "targets in spec.groups[].targets that have a node's name and are not probed, since the"
              + " results of both would be one; rename them: "
              + abbreviated(List.copyOf(state.plan().duplicateNames())));
    }
    return MeshCondition.ofTrue(ConditionTypes.CONFIGS_READY, "Current", "");
  }

  /** Nodes without an address of the mesh's families; where that is all, nothing is measured. */
  private static MeshCondition addresses(MeshPlan plan) {
    if (!plan.hasNoAddresses()) {
      return MeshCondition.ofTrue(
          ConditionTypes.CONFIGS_READY,
          "AddressesMissing",
          "no "
              + families(plan)
              + " address (InternalIP), so that nobody probes them; spec.ipFamilies decides which"
              + " families are probed over: "
              + abbreviated(List.copyOf(plan.withoutAddress())));
    }
    return MeshCondition.ofFalse(
        ConditionTypes.CONFIGS_READY,
        "AddressesMissing",
        plan.families().isEmpty()
            ? "no node has an InternalIP address, so that nothing can be measured; see kubectl get"
                + " nodes -o wide"
            : "no node has an "
                + families(plan)
                + " address (InternalIP), so that nothing can be measured; leave spec.ipFamilies"
                + " out to probe over what the nodes have");
  }

  private static String families(MeshPlan plan) {
    return plan.families().stream()
        .map(family ->
            switch (family) {
              case IPV4 -> "IPv4";
              case IPV6 -> "IPv6";
            })
        .collect(Collectors.joining(" or "));
  }

  private static MeshCondition agents(MeshState state) {
    AgentsReadiness agents = state.agents();
    if (agents.obstacle() != null) {
      return MeshCondition.ofFalse(
          ConditionTypes.AGENTS_READY, agents.obstacle().reason(), agents.obstacle().message());
    }
    if (!agents.missing().isEmpty()) {
      return MeshCondition.ofFalse(
          ConditionTypes.AGENTS_READY,
          "RollingOut",
          "no ready agent on "
              + abbreviated(agents.missing())
              + (agents.hint().isEmpty() ? "" : "; " + agents.hint()));
    }
    if (agents.expected() == 0) {
      return MeshCondition.ofFalse(
          ConditionTypes.AGENTS_READY,
          "NoNodes",
          "no Ready node fits spec.groups[].nodeSelector and spec.agent.nodeSelector");
    }
    if (state.network() instanceof NetworkView.Known(_, _, Obstacle blocked) && blocked != null) {
      return MeshCondition.ofFalse(
          ConditionTypes.AGENTS_READY, blocked.reason(), blocked.message());
    }
    return MeshCondition.ofTrue(ConditionTypes.AGENTS_READY, "AllReady", "");
  }

  private static MeshCondition scraper(MeshState state) {
    ScraperReadiness scraper = state.scraper();
    if (scraper.isComplete()) {
      return MeshCondition.ofTrue(ConditionTypes.SCRAPER_READY, "AllReady", "");
    }
    if (scraper.obstacle() != null) {
      return MeshCondition.ofFalse(
          ConditionTypes.SCRAPER_READY, scraper.obstacle().reason(), scraper.obstacle().message());
    }
    if (scraper.hasAllReady()) {
      return MeshCondition.ofTrue(
          ConditionTypes.SCRAPER_READY,
          "RollingOut",
          "all are ready, and those of an older template are replaced one by one");
    }
    return MeshCondition.ofFalse(
        ConditionTypes.SCRAPER_READY,
        "RollingOut",
        scraper.ready() + " of " + scraper.wanted() + " are ready");
  }

  private static MeshCondition registry(
      RegistryView registry, @Nullable MeshPlan plan, List<Condition> before) {
    if (!registry.isAsked()) {
      return before.stream()
          .filter(c -> c.getType().equals(ConditionTypes.REGISTRY_READY))
          .map(MeshConditions::kept)
          .findFirst()
          .orElse(
              MeshCondition.ofUnknown(
                  ConditionTypes.REGISTRY_READY,
                  "NotAsked",
                  "the registry has not been asked yet"));
    }
    int probes = registry.registered();
    if (registry.problem() != null) {
      return MeshCondition.ofFalse(
          ConditionTypes.REGISTRY_READY,
          "NoAnswer",
          registry.problem()
              + (probes == 0 ? "" : "; the last " + probes + " probes stay targets"));
    }
    List<String> drops = drops(registry, plan);
    if (!drops.isEmpty()) {
      return MeshCondition.ofTrue(
          ConditionTypes.REGISTRY_READY, "TooLong", String.join("; ", drops));
    }
    return MeshCondition.ofTrue(
        ConditionTypes.REGISTRY_READY, "Answers", probes == 0 ? "no probe is registered" : "");
  }

  private static MeshCondition programs(ProgramsView programs, List<Condition> before) {
    return switch (programs) {
      case ProgramsView.Usable(int number) ->
          MeshCondition.ofTrue(
              ConditionTypes.PROGRAMS_READY, "Valid", count(number, "program", "programs"));
      case ProgramsView.Unusable(Obstacle problem) ->
          MeshCondition.ofFalse(ConditionTypes.PROGRAMS_READY, problem.reason(), problem.message());
      case ProgramsView.Unread(String message) ->
          before.stream()
              .filter(c -> c.getType().equals(ConditionTypes.PROGRAMS_READY))
              .map(MeshConditions::kept)
              .findFirst()
              .orElse(MeshCondition.ofUnknown(ConditionTypes.PROGRAMS_READY, "NotRead", message));
    };
  }

  /** What of the registry's list had no room in ConfigMaps, and the remedy. */
  private static List<String> drops(RegistryView registry, @Nullable MeshPlan plan) {
    List<String> drops = new ArrayList<>();
    if (registry.leftOut() > 0) {
      drops.add(
          count(registry.leftOut(), "probe is no target", "probes are no targets")
              + ", since all together are longer than a ConfigMap holds: give them shorter names");
    }
    if (registry.withoutTags() > 0) {
      drops.add(
          count(registry.withoutTags(), "probe is", "probes are")
              + " without tags, since those of all are longer than a ConfigMap holds: give them"
              + " shorter values of the tags that spec.tagLabels names");
    }
    if (plan != null && !plan.outside().withoutRoom().isEmpty()) {
      drops.add(
          "not probed by all nodes that should, since their configs are full: "
              + abbreviated(List.copyOf(plan.outside().withoutRoom()))
              + "; write fewer or shorter spec.groups[].tags, or a lower spec.topology.maxPeers");
    }
    if (plan != null && plan.outside().unreserved() > 0) {
      drops.add(
          count(plan.outside().unreserved(), "node's name", "nodes' names")
              + " can be taken by probes, since all together are longer than a ConfigMap holds");
    }
    return drops;
  }

  private static String count(int number, String one, String many) {
    return number + " " + (number == 1 ? one : many);
  }

  private static MeshCondition store(MeshState state) {
    MeshSettings settings = state.settings();
    if (settings != null && settings.scraper().influxdb() == null) {
      return MeshCondition.ofTrue(
          ConditionTypes.STORE_REACHABLE, "NotConfigured", "results are kept in memory only");
    }
    return switch (state.network()) {
      case NetworkView.Unknown unknown ->
          MeshCondition.ofUnknown(
              ConditionTypes.STORE_REACHABLE, unknown.reason(), unknown.message());
      case NetworkView.Known known -> store(known.report().store());
    };
  }

  private static MeshCondition store(Store store) {
    String said = store.message() == null ? "" : store.message();
    return switch (store.state()) {
      case REACHABLE ->
          MeshCondition.ofTrue(ConditionTypes.STORE_REACHABLE, reachable(store), said);
      case UNREACHABLE ->
          MeshCondition.ofFalse(ConditionTypes.STORE_REACHABLE, "Unreachable", said);
      case PENDING ->
          MeshCondition.ofUnknown(
              ConditionTypes.STORE_REACHABLE, "Pending", "nothing has been written yet");
      // The spec names a store and the running scraper does not know it yet.
      case NOT_CONFIGURED ->
          MeshCondition.ofUnknown(
              ConditionTypes.STORE_REACHABLE, "RollingOut", "the scraper has not taken it up yet");
    };
  }

  private static String reachable(Store store) {
    return switch (store.trouble()) {
      case null -> "Acknowledged";
      case POINTS_REJECTED -> "PointsRejected";
      case WRITES_FAILING -> "WritesFailing";
    };
  }

  private static MeshCondition network(NetworkView view) {
    return switch (view) {
      case NetworkView.Unknown unknown ->
          MeshCondition.ofUnknown(
              ConditionTypes.NETWORK_HEALTHY, unknown.reason(), unknown.message());
      case NetworkView.Known known -> network(known.report());
    };
  }

  /** As the scraper judges: nothing is judged a second time here. */
  private static MeshCondition network(MeshReport report) {
    Verdict verdict = report.verdict();
    if (verdict.isUnknown()) {
      return MeshCondition.ofUnknown(
          ConditionTypes.NETWORK_HEALTHY, verdict.reason(), report.message());
    }
    return verdict == Verdict.HEALTHY
        ? MeshCondition.ofTrue(ConditionTypes.NETWORK_HEALTHY, verdict.reason(), report.message())
        : MeshCondition.ofFalse(ConditionTypes.NETWORK_HEALTHY, verdict.reason(), report.message());
  }

  /** Ready says of the first that keeps it from being True which one that is. */
  private static MeshCondition ready(List<MeshCondition> conditions) {
    List<MeshCondition> needed =
        conditions.stream()
            .filter(f ->
                !f.type().equals(ConditionTypes.PAUSED)
                    && !f.type().equals(ConditionTypes.NETWORK_HEALTHY))
            .toList();
    for (Status value : List.of(Status.FALSE, Status.UNKNOWN)) {
      for (MeshCondition condition : needed) {
        if (condition.status() == value) {
          String why = condition.message().isEmpty() ? "" : ": " + condition.message();
          return new MeshCondition(
              ConditionTypes.READY, value, condition.reason(), condition.type() + why);
        }
      }
    }
    return MeshCondition.ofTrue(ConditionTypes.READY, "Ready", "");
  }

  private static String abbreviated(List<String> names) {
    return NameList.abbreviated(names, NAMED);
  }
}
