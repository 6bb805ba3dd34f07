package io.llamamesh.local.cluster;

import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.Probe;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * State of one pod at its kubelet, beside the object; belongs to the kubelet's thread but for
 * {@code ready}.
 */
final class RunningPod {
  final String uid;
  final String key;
  final String node;
  final InetAddress address;
  private final List<InetAddress> addresses;
  final Path folder;
  final Path log;
  final long graceMillis;
  final @Nullable URI readiness;
  private final Pod pod;
  private final Instant created = Instant.now().truncatedTo(ChronoUnit.SECONDS);

  @Nullable PodProcess process;
  @Nullable String waiting;
  int restarts;
  long notBefore;
  long nextProbe;

  /** Time of the last read of its Secret volumes, on the monotonic clock. */
  long volumesRead;

  boolean stopping;
  long killAt;

  boolean ready;

  /** The readiness probe that has not been answered yet. */
  @Nullable CompletableFuture<Boolean> probe;

  private @Nullable String writtenState;

  /**
   * A pod that does not run yet.
   *
   * @param address where its process is bound
   * @param published where its node is probed; another one than {@code address} only on the host's
   *     network behind a relay
   */
  RunningPod(Pod given, InetAddress address, InetAddress published, Path folder, Path log) {
    // Without the version that it had once: status writes must not depend on it.
    this.pod = new PodBuilder(given).editMetadata().withResourceVersion(null).endMetadata().build();
    this.uid = pod.getMetadata().getUid();
    this.key = pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
    this.node = pod.getSpec().getNodeName();
    this.address = address;
    // An agent that has none of its node's addresses is taken for one that has outlived them.
    this.addresses = address.equals(published) ? List.of(address) : List.of(address, published);
    this.folder = folder;
    this.log = log;
    Long grace = pod.getSpec().getTerminationGracePeriodSeconds();
    this.graceMillis = 1_000 * (grace == null ? 30 : grace);
    this.readiness = readiness(pod, address);
  }

  String name() {
    return pod.getMetadata().getName();
  }

  boolean isRunning() {
    return process != null && process.isAlive();
  }

  /** The pod with its addresses, as its command may refer to them. */
  Pod withStatus() {
    boolean running = isRunning();
    boolean isReady = running && ready;
    return new PodBuilder(pod)
        .withNewStatus()
        .withPhase(running ? "Running" : "Pending")
        .withStartTime(created.toString())
        .withHostIP(address.getHostAddress())
        .addNewHostIP(address.getHostAddress())
        .withPodIP(address.getHostAddress())
        .withPodIPs(addresses.stream().map(known -> new PodIP(known.getHostAddress())).toList())
        .addNewCondition()
        .withType("Ready")
        .withStatus(isReady ? "True" : "False")
        .endCondition()
        .addNewContainerStatus()
        .withName(pod.getSpec().getContainers().getFirst().getName())
        .withImage(pod.getSpec().getContainers().getFirst().getImage())
        .withImageID("")
        .withReady(isReady)
        .withRestartCount(restarts)
        .withNewState()
        .withRunning(
            running
                ? new io.fabric8.kubernetes.api.model.ContainerStateRunningBuilder()
                    .withStartedAt(created.toString())
                    .build()
                : null)
        .withWaiting(
            running
                ? null
                : new io.fabric8.kubernetes.api.model.ContainerStateWaitingBuilder()
                    .withReason(
                        waiting == null ? "ContainerCreating" : "CreateContainerConfigError")
                    .withMessage(waiting)
                    .build())
        .endState()
        .endContainerStatus()
        .endStatus()
        .build();
  }

  /** True once for every state that the API does not have yet. */
  boolean needsStatusWrite() {
    String state = isRunning() + "/" + ready + "/" + restarts + "/" + waiting;
    if (state.equals(writtenState)) {
      return false;
    }
    writtenState = state;
    return true;
  }

  private static @Nullable URI readiness(Pod pod, InetAddress address) {
    Probe probe = pod.getSpec().getContainers().getFirst().getReadinessProbe();
    HTTPGetAction get = probe == null ? null : probe.getHttpGet();
    if (get == null) {
      return null;
    }
    IntOrString port = get.getPort();
    Integer number =
        port.getIntVal() != null
            ? port.getIntVal()
            : pod.getSpec().getContainers().getFirst().getPorts().stream()
                .filter(p -> port.getStrVal().equals(p.getName()))
                .map(ContainerPort::getContainerPort)
                .findFirst()
                .orElseThrow(() ->
                    new IllegalArgumentException(
                        "readinessProbe: no port named " + port.getStrVal()));
    return URI.create("http://" + address.getHostAddress() + ":" + number + get.getPath());
  }
}
