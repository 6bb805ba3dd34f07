package io.llamamesh.e2e.row;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.e2e.cluster.Mesh;
import io.llamamesh.e2e.cluster.Release;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/** Asks once a second what the mesh says, and what there is of pods and Warnings, and logs it. */
final class StormWatch implements AutoCloseable {
  private static final long ASK_EVERY_MILLIS = 1000;
  private static final List<String> NAMESPACES = List.of(Release.NAME, StormActions.TEAM);

  private final KubernetesClient client;
  private final Mesh mesh;
  private final StormLog log;
  private final Set<String> earlier = new HashSet<>();
  private final Thread thread;

  /** Begins to watch; Events that there are already count as earlier. */
  StormWatch(Stage stage, StormLog log) {
    this.client = stage.cluster().clientWithoutRetries();
    this.mesh = new Mesh(stage.cluster(), client);
    this.log = log;
    warnings().forEach(event -> earlier.add(event.getMetadata().getUid()));
    this.thread = Thread.ofPlatform().name("storm-watch").daemon().start(this::run);
  }

  private void run() {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        poll();
      } catch (KubernetesClientException e) {
        if (Thread.currentThread().isInterrupted()) {
          return;
        }
        log.unreachable(Instant.now(), cause(e));
      } catch (RuntimeException e) {
        log.problem(Instant.now(), "cannot watch: " + e);
      }
      try {
        Thread.sleep(ASK_EVERY_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static String cause(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.toString();
  }

  private void poll() {
    log.status(Instant.now(), mesh.status());
    List<StormLog.ObservedPod> pods =
        Stream.of("operator", "agent", "scraper")
            .flatMap(part -> mesh.pods(part).stream().map(pod -> seen(part, pod)))
            .toList();
    log.pods(Instant.now(), pods);
    for (Event event : warnings()) {
      if (!earlier.contains(event.getMetadata().getUid())) {
        log.warning(Instant.now(), warning(event));
      }
    }
  }

  private static StormLog.ObservedPod seen(String part, Pod pod) {
    int restarts = 0;
    List<String> ends = new ArrayList<>();
    for (var container : pod.getStatus().getContainerStatuses()) {
      restarts += container.getRestartCount();
      var last = container.getLastState() == null ? null : container.getLastState().getTerminated();
      if (last != null) {
        ends.add(last.getReason() + ", exit code " + last.getExitCode() + ", " + last.getMessage());
      }
    }
    return new StormLog.ObservedPod(
        pod.getMetadata().getUid(),
        pod.getMetadata().getName(),
        part,
        Objects.requireNonNullElse(pod.getSpec().getNodeName(), ""),
        Mesh.isReady(pod),
        restarts,
        String.join("; ", ends));
  }

  private List<Event> warnings() {
    return NAMESPACES.stream()
        .flatMap(namespace ->
            client
                .v1()
                .events()
                .inNamespace(namespace)
                .withField("type", "Warning")
                .list()
                .getItems()
                .stream())
        .toList();
  }

  private static StormLog.Warning warning(Event event) {
    String component =
        event.getSource() == null || event.getSource().getComponent() == null
            ? event.getReportingComponent()
            : event.getSource().getComponent();
    return new StormLog.Warning(
        event.getMetadata().getUid(),
        Objects.requireNonNullElse(component, ""),
        "%s %s/%s"
            .formatted(
                event.getInvolvedObject().getKind(),
                event.getInvolvedObject().getNamespace(),
                event.getInvolvedObject().getName()),
        Objects.requireNonNullElse(event.getReason(), ""),
        Objects.requireNonNullElse(event.getMessage(), ""));
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    client.close();
  }
}
