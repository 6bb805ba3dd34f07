package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.HostIP;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.llamamesh.crd.Names;
import io.llamamesh.operator.resources.ScraperPorts;
import io.llamamesh.operator.status.TerminationSummary;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Facts of a pod of ours: a change of anything else is no reason to reconcile.
 *
 * @param name its name
 * @param uid its identity: a pod that is deleted and made anew is another one
 * @param component {@code agent}, {@code registry} or {@code scraper}
 * @param node the node it is on; absent: not scheduled
 * @param ip its address
 * @param addresses all its addresses; of a pod on the host's network the node's when it started
 * @param terminating it is being deleted
 * @param finished it ended for good, as an evicted pod does
 * @param readySince when it became ready; absent: it is not
 * @param probePort the container port of the reflector
 * @param pagePort the container port of a scraper's page
 * @param waitingReason why its container does not start, or the pod finds no node, in Kubernetes'
 *     words; empty: nothing is known to be wrong
 * @param waitingMessage the same for people
 * @param created when it was created, as the server writes it
 * @param template of an agent, the number of its DaemonSet's template that it was made from
 * @param hasNodeKeys it can ask for keys of its node
 */
record PodFacts(
    String name,
    String uid,
    String component,
    @Nullable String node,
    @Nullable String ip,
    List<String> addresses,
    boolean terminating,
    boolean finished,
    @Nullable Instant readySince,
    @Nullable Integer probePort,
    @Nullable Integer pagePort,
    String waitingReason,
    @Nullable String waitingMessage,
    String created,
    @Nullable String template,
    boolean hasNodeKeys) {

  /** Exit code of a JVM with {@code -XX:+ExitOnOutOfMemoryError} whose heap is full. */
  private static final int HEAP_IS_FULL = 3;

  private static final String TEMPLATE = "pod-template-generation";

  private static final String CRASHED = "CrashLoopBackOff";

  static PodFacts of(Pod pod) {
    Map<String, String> labels = pod.getMetadata().getLabels();
    String component = labels == null ? "" : String.valueOf(labels.get(Names.COMPONENT_LABEL));
    Trouble trouble = trouble(pod, component.equals(Names.Component.AGENT.label()));
    return new PodFacts(
        pod.getMetadata().getName(),
        String.valueOf(pod.getMetadata().getUid()),
        component,
        pod.getSpec() == null ? null : pod.getSpec().getNodeName(),
        pod.getStatus() == null ? null : pod.getStatus().getPodIP(),
        addresses(pod.getStatus()),
        pod.getMetadata().getDeletionTimestamp() != null,
        pod.getStatus() != null
            && pod.getStatus().getPhase() != null
            && Set.of("Failed", "Succeeded").contains(pod.getStatus().getPhase()),
        readySince(pod),
        port(pod, Names.PROBE_PORT),
        port(pod, ScraperPorts.PAGE),
        trouble == null || trouble.reason() == null ? "" : trouble.reason(),
        trouble == null ? null : trouble.message(),
        String.valueOf(pod.getMetadata().getCreationTimestamp()),
        labels == null ? null : labels.get(TEMPLATE),
        pod.getSpec() != null
            && pod.getSpec().getVolumes().stream()
                .anyMatch(volume -> Names.KEYS_VOLUME.equals(volume.getName())));
  }

  private record Trouble(@Nullable String reason, @Nullable String message) {}

  /** Whether it is there to become ready, or is. */
  boolean isAlive() {
    return !terminating && !finished;
  }

  boolean isReady() {
    return readySince != null && !terminating;
  }

  /** The reason why it does not come up, for people; null: nothing unusual is known. */
  @Nullable String trouble() {
    // These two are what every pod goes through.
    if (waitingReason.isEmpty()
        || !isAlive()
        || waitingReason.equals("ContainerCreating")
        || waitingReason.equals("PodInitializing")) {
      return null;
    }
    return "pod " + name + ": " + (waitingMessage == null ? waitingReason : waitingMessage);
  }

  boolean hasComponent(Names.Component wanted) {
    return component.equals(wanted.label());
  }

  private static @Nullable Instant readySince(Pod pod) {
    PodCondition ready = condition(pod, "Ready", "True");
    return ready == null ? null : time(ready.getLastTransitionTime());
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

  private static List<String> addresses(@Nullable PodStatus status) {
    if (status == null) {
      return List.of();
    }
    // Of a pod on the host's network these two are the same but for time: the first never change.
    Stream<String> own =
        status.getPodIPs() == null ? Stream.of() : status.getPodIPs().stream().map(PodIP::getIp);
    Stream<String> host =
        status.getHostIPs() == null ? Stream.of() : status.getHostIPs().stream().map(HostIP::getIp);
    return Stream.of(own, host)
        .map(ips -> ips.filter(Objects::nonNull).distinct().toList())
        .filter(ips -> !ips.isEmpty())
        .findFirst()
        .orElse(List.of());
  }

  private static @Nullable Trouble trouble(Pod pod, boolean agent) {
    if (pod.getStatus() != null && pod.getStatus().getContainerStatuses() != null) {
      for (ContainerStatus container : pod.getStatus().getContainerStatuses()) {
        Trouble trouble = trouble(container, agent);
        if (trouble != null) {
          return trouble;
        }
      }
    }
    PodCondition unscheduled = condition(pod, "PodScheduled", "False");
    return unscheduled == null
        ? null
        : new Trouble(unscheduled.getReason(), unscheduled.getMessage());
  }

  /**
   * The trouble of a container that is not ready. One that ends again and again is described in the
   * same words whether it waits, has just ended or runs for a moment.
   */
  private static @Nullable Trouble trouble(ContainerStatus container, boolean agent) {
    ContainerState state = container.getState();
    if (state == null) {
      return null;
    }
    ContainerStateWaiting waiting = state.getWaiting();
    ContainerStateTerminated end = state.getTerminated();
    if (end == null && container.getLastState() != null) {
      end = container.getLastState().getTerminated();
    }
    boolean waits = waiting != null && !CRASHED.equals(waiting.getReason());
    if (waits || end == null) {
      return waiting == null ? null : new Trouble(waiting.getReason(), waiting.getMessage());
    }
    return Boolean.TRUE.equals(container.getReady())
        ? null
        : new Trouble(CRASHED, ending(end, agent));
  }

  /** The end of a container; for want of memory, with the remedy. */
  private static String ending(ContainerStateTerminated end, boolean agent) {
    boolean killed = "OOMKilled".equals(end.getReason());
    if (killed || Objects.equals(end.getExitCode(), HEAP_IS_FULL)) {
      String remedy = "this mesh needs a higher spec.scraper.resources.limits.memory";
      if (agent) {
        remedy =
            killed
                ? "raise spec.agent.resources.limits.memory"
                : "its heap is for 64 targets of 4 ports: fewer of them, or a lower"
                    + " spec.topology.maxPeers";
      }
      return "ended for want of memory: " + remedy;
    }
    String words = TerminationSummary.of(end.getMessage());
    if (Objects.equals(end.getExitCode(), 0)) {
      // No program of ours ends by itself and well.
      return "its container was told to end, as a kubelet does with one that does not answer its"
          + " probes"
          + (words.isEmpty() ? "; kubectl describe pod tells more" : ": " + words);
    }
    return "its container ended with exit code "
        + end.getExitCode()
        + (words.isEmpty() ? "; kubectl logs --previous tells more" : ": " + words);
  }
}
