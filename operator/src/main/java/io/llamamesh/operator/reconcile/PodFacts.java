package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.llamamesh.crd.Names;
import io.llamamesh.operator.resources.Ports;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What matters of a pod of ours: a change of anything else is no reason to look at a mesh.
 *
 * @param name its name
 * @param component {@code agent} or {@code scraper}
 * @param node the node it is on; absent: not scheduled
 * @param ip its address
 * @param terminating it is being deleted
 * @param readySince when it became ready; absent: it is not
 * @param probePort the container port of the reflector
 * @param pagePort the container port of a scraper's page
 * @param waitingReason why its container does not start, or the pod finds no node, in Kubernetes'
 *     words
 * @param waitingMessage the same for people
 * @param created when it was created, as the server writes it
 */
record PodFacts(
    String name,
    String component,
    @Nullable String node,
    @Nullable String ip,
    boolean terminating,
    @Nullable Instant readySince,
    @Nullable Integer probePort,
    @Nullable Integer pagePort,
    @Nullable String waitingReason,
    @Nullable String waitingMessage,
    String created) {

  /** What a JVM ends with that was told to end when its heap is full. */
  private static final int HEAP_IS_FULL = 3;

  static PodFacts of(Pod pod) {
    Map<String, String> labels = pod.getMetadata().getLabels();
    String component = labels == null ? "" : String.valueOf(labels.get(Names.COMPONENT_LABEL));
    ContainerStatus waiting = waiting(pod);
    PodCondition unscheduled = waiting == null ? unscheduled(pod) : null;
    return new PodFacts(
        pod.getMetadata().getName(),
        component,
        pod.getSpec() == null ? null : pod.getSpec().getNodeName(),
        pod.getStatus() == null ? null : pod.getStatus().getPodIP(),
        pod.getMetadata().getDeletionTimestamp() != null,
        readySince(pod),
        port(pod, Names.PROBE_PORT),
        port(pod, Ports.PAGE),
        waiting != null
            ? waiting.getState().getWaiting().getReason()
            : unscheduled == null ? null : unscheduled.getReason(),
        waiting != null
            ? message(waiting, component.equals(Names.Component.AGENT.label()))
            : unscheduled == null ? null : unscheduled.getMessage(),
        String.valueOf(pod.getMetadata().getCreationTimestamp()));
  }

  boolean ready() {
    return readySince != null && !terminating;
  }

  /** Why it does not come up, for people; null: nothing out of the ordinary is known. */
  @Nullable String trouble() {
    // These two are what every pod goes through.
    if (waitingReason == null
        || terminating
        || waitingReason.equals("ContainerCreating")
        || waitingReason.equals("PodInitializing")) {
      return null;
    }
    return "pod " + name + ": " + (waitingMessage == null ? waitingReason : waitingMessage);
  }

  boolean isA(Names.Component wanted) {
    return component.equals(wanted.label());
  }

  private static @Nullable Instant readySince(Pod pod) {
    PodCondition ready = condition(pod, "Ready", "True");
    return ready == null ? null : time(ready.getLastTransitionTime());
  }

  private static @Nullable PodCondition unscheduled(Pod pod) {
    return condition(pod, "PodScheduled", "False");
  }

  private static @Nullable PodCondition condition(Pod pod, String type, String status) {
    List<PodCondition> conditions =
        pod.getStatus() == null ? null : pod.getStatus().getConditions();
    if (conditions == null) {
      return null;
    }
    return conditions.stream()
        .filter(c -> type.equals(c.getType()) && status.equals(c.getStatus()))
        .findFirst()
        .orElse(null);
  }

  /** A server always gives the time; should one not, the beginning of time is as good. */
  private static Instant time(@Nullable String text) {
    try {
      return text == null ? Instant.EPOCH : Instant.parse(text);
    } catch (DateTimeParseException e) {
      return Instant.EPOCH;
    }
  }

  private static @Nullable Integer port(Pod pod, String name) {
    if (pod.getSpec() == null) {
      return null;
    }
    for (Container container : pod.getSpec().getContainers()) {
      for (ContainerPort port : container.getPorts()) {
        if (name.equals(port.getName())) {
          return port.getContainerPort();
        }
      }
    }
    return null;
  }

  /** Why a container waits; of one that ended for want of memory, what to do about it. */
  private static @Nullable String message(ContainerStatus container, boolean agent) {
    ContainerStateWaiting waiting = container.getState().getWaiting();
    ContainerStateTerminated end =
        container.getLastState() == null ? null : container.getLastState().getTerminated();
    if (end == null || !"CrashLoopBackOff".equals(waiting.getReason())) {
      return waiting.getMessage();
    }
    boolean killed = "OOMKilled".equals(end.getReason());
    if (!killed && !Objects.equals(end.getExitCode(), HEAP_IS_FULL)) {
      return waiting.getMessage();
    }
    String remedy = "this mesh needs a higher spec.scraper.resources.limits.memory";
    if (agent) {
      remedy =
          killed
              ? "raise spec.agent.resources.limits.memory"
              : "its heap is for 64 targets of 4 ports: fewer of them, or a lower spec.topology.maxPeers";
    }
    return "ended for want of memory: " + remedy;
  }

  private static @Nullable ContainerStatus waiting(Pod pod) {
    if (pod.getStatus() == null || pod.getStatus().getContainerStatuses() == null) {
      return null;
    }
    for (ContainerStatus status : pod.getStatus().getContainerStatuses()) {
      ContainerState state = status.getState();
      if (state != null && state.getWaiting() != null) {
        return status;
      }
    }
    return null;
  }
}
