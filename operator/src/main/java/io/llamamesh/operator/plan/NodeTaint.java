package io.llamamesh.operator.plan;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A taint that keeps agents off a node unless they tolerate it.
 *
 * @param key its key
 * @param value its value; absent: none
 * @param effect {@code NoSchedule} or {@code NoExecute}; {@code PreferNoSchedule} keeps nobody off
 */
public record NodeTaint(String key, @Nullable String value, String effect) {
  /** Keeps new pods off; those that are there stay. */
  static final String NO_SCHEDULE = "NoSchedule";

  /** Keeps new pods off and evicts those that are there. */
  static final String NO_EXECUTE = "NoExecute";

  /**
   * Taints by a cordon or by a node's own conditions. A DaemonSet's pods on the host's network
   * tolerate most of them by default (Kubernetes' {@code pkg/controller/daemon/util}), and a node
   * must not leave a mesh for being in trouble.
   */
  private static final Set<String> CONDITIONS =
      Set.of(
          "node.kubernetes.io/not-ready",
          "node.kubernetes.io/unreachable",
          "node.kubernetes.io/disk-pressure",
          "node.kubernetes.io/memory-pressure",
          "node.kubernetes.io/pid-pressure",
          "node.kubernetes.io/unschedulable",
          "node.kubernetes.io/network-unavailable");

  /** Whether it can keep any agent off: it then is one of a node's facts. */
  public boolean canRepelAgents() {
    return (effect.equals(NO_SCHEDULE) || effect.equals(NO_EXECUTE)) && !CONDITIONS.contains(key);
  }
}
