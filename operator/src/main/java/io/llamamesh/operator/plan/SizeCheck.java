package io.llamamesh.operator.plan;

import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfig.Target;
import io.llamamesh.config.CollectorConfigYaml;
import io.llamamesh.crd.LlamaMeshSpec.TopologyMode;
import io.llamamesh.crd.MeshSettings.Group;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Check of sizes: what a spec asks for must fit these nodes, and each config a ConfigMap. */
public final class SizeCheck {
  /** A ConfigMap holds 1 MiB in all; the rest is left for keys and metadata. */
  static final int MAX_DOCUMENT_BYTES = 1_000_000;

  /** About what a target costs beside its texts, and a tag beside its own. */
  private static final int TARGET_BYTES = 80;

  private static final int TAG_BYTES = 12;

  private SizeCheck() {}

  /**
   * Everything that is too large.
   *
   * @param facts of a spec that {@link SpecCheck} has nothing against
   */
  public static List<SpecRefusal> check(MeshFacts facts) {
    List<SpecRefusal> refusals = new ArrayList<>();
    if (facts.settings().topology().mode() != TopologyMode.FULL_MESH) {
      return refusals;
    }
    Placement placement = Placement.of(facts.settings().agent());
    for (Group group : facts.settings().groups()) {
      long nodes =
          facts.nodes().stream().filter(node -> Planner.selects(placement, group, node)).count();
      if (nodes > PeerGraph.MAX_FULL_MESH) {
        refusals.add(
            SpecRefusal.invalid(
                "spec.topology.mode: FullMesh is for up to "
                    + PeerGraph.MAX_FULL_MESH
                    + " nodes, group '"
                    + group.name()
                    + "' selects "
                    + nodes
                    + "; write Auto or Sparse, or narrow its nodeSelector"));
      }
    }
    return refusals;
  }

  /**
   * Whether a node's config is too long for its ConfigMap.
   *
   * @return empty where all fit
   */
  public static List<SpecRefusal> check(MeshPlan plan) {
    Map.@Nullable Entry<String, CollectorConfig> largest = null;
    long most = 0;
    for (Map.Entry<String, CollectorConfig> entry : plan.configs().entrySet()) {
      long bytes = upperBoundBytes(entry.getValue());
      if (bytes > most) {
        most = bytes;
        largest = entry;
      }
    }
    if (largest == null || most <= MAX_DOCUMENT_BYTES) {
      return List.of();
    }
    CollectorConfig config = largest.getValue();
    // Written out only where the estimate, which is on the high side, leaves a doubt.
    int exact = CollectorConfigYaml.write(config).getBytes(StandardCharsets.UTF_8).length;
    if (exact <= MAX_DOCUMENT_BYTES) {
      return List.of();
    }
    int targets = config.targets().values().stream().mapToInt(List::size).sum();
    return List.of(
        SpecRefusal.invalid(
            "spec.groups: the config of node "
                + largest.getKey()
                + " would have "
                + exact
                + " bytes for "
                + targets
                + " targets, a ConfigMap holds "
                + MAX_DOCUMENT_BYTES
                + "; give fewer or shorter tags, fewer targets, or a lower spec.topology.maxPeers"));
  }

  /** Whether a node's config fits its ConfigMap, by an estimate that is on the high side. */
  static boolean isSurelyShort(CollectorConfig config) {
    return upperBoundBytes(config) <= MAX_DOCUMENT_BYTES;
  }

  private static long upperBoundBytes(CollectorConfig config) {
    long bytes = 0;
    for (List<Target> targets : config.targets().values()) {
      for (Target target : targets) {
        bytes += TARGET_BYTES + target.ip().length() + 3L * String.valueOf(target.name()).length();
        for (Map.Entry<String, String> tag : target.tags().entrySet()) {
          // In UTF-8 a character has up to three bytes, and YAML may quote.
          bytes += TAG_BYTES + 3L * (tag.getKey().length() + tag.getValue().length());
        }
      }
    }
    return bytes;
  }
}
