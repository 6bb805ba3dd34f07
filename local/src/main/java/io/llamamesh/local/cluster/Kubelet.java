package io.llamamesh.local.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.crd.Names;
import io.llamamesh.local.cluster.Volumes.MissingSecretException;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands in for every node's kubelet: runs a process per pod, asks whether it is ready, starts it
 * again when it ends, and writes its status to the API.
 *
 * <p>Every method is called by one thread.
 */
final class Kubelet {
  private static final Logger LOG = LoggerFactory.getLogger(Kubelet.class);
  private static final long PROBE_STARTING = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long PROBE_READY = TimeUnit.SECONDS.toNanos(2);
  private static final long REFRESH = TimeUnit.SECONDS.toNanos(10);
  private static final long MAX_BACK_OFF = TimeUnit.SECONDS.toNanos(10);
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(1);

  private final KubernetesClient client;
  private final Map<String, LocalNode> nodes = new HashMap<>();
  private final ImagePrograms programs;
  private final Path folder;
  private final UnaryOperator<String> kubeconfigs;
  private final CrashListener listener;
  private final Volumes volumes;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(PROBE_TIMEOUT).build();
  private final Map<String, RunningPod> running = new HashMap<>();
  private final Set<String> deadNodes = new HashSet<>();
  private final Set<String> archiving = new HashSet<>();
  private int podAddresses;

  Kubelet(
      KubernetesClient client,
      List<LocalNode> nodes,
      ImagePrograms programs,
      Path folder,
      UnaryOperator<String> kubeconfigs,
      CrashListener listener) {
    this.client = client;
    nodes.forEach(node -> this.nodes.put(node.name(), node));
    this.programs = programs;
    this.folder = folder;
    this.kubeconfigs = kubeconfigs;
    this.listener = listener;
    this.volumes = new Volumes(client);
  }

  /** One round over the pods that the API has. */
  void reconcile(List<Pod> pods) {
    for (Pod pod : pods) {
      boolean ours = nodes.containsKey(pod.getSpec().getNodeName());
      if (ours && pod.getMetadata().getDeletionTimestamp() == null) {
        running.computeIfAbsent(pod.getMetadata().getUid(), uid -> runningPod(pod));
      } else if (ours && !running.containsKey(pod.getMetadata().getUid())) {
        confirmDeletion(pod);
      }
    }
    for (RunningPod pod : List.copyOf(running.values())) {
      Pod object =
          pods.stream()
              .filter(p -> p.getMetadata().getUid().equals(pod.uid))
              .findFirst()
              .orElse(null);
      boolean leaves = object == null || object.getMetadata().getDeletionTimestamp() != null;
      if (leaves || pod.stopping) {
        stop(pod);
      } else {
        refreshVolumes(pod);
        keepRunning(pod);
        writeStatus(pod);
      }
    }
  }

  /** The node dies without a word: its processes are killed and never started again. */
  void kill(String node) {
    deadNodes.add(node);
    for (RunningPod pod : running.values()) {
      if (pod.node.equals(node)) {
        pod.ready = false;
        if (pod.process != null) {
          pod.process.kill();
        }
      }
    }
  }

  /** Ends all processes: a chance for each to end by itself, then none. */
  void stopAll(long graceMillis) throws InterruptedException {
    List<PodProcess> processes = new ArrayList<>();
    for (RunningPod pod : running.values()) {
      if (pod.process != null) {
        pod.process.terminate();
        processes.add(pod.process);
      }
    }
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(graceMillis);
    for (PodProcess process : processes) {
      if (!process.awaitEnd(
          Math.max(0, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())))) {
        process.kill();
      }
    }
    for (PodProcess process : processes) {
      process.awaitEnd(2_000);
    }
    http.shutdownNow();
  }

  private RunningPod runningPod(Pod pod) {
    LocalNode node = nodes.get(pod.getSpec().getNodeName());
    if (node == null) {
      throw new IllegalStateException("no node " + pod.getSpec().getNodeName());
    }
    boolean hostNetwork = Boolean.TRUE.equals(pod.getSpec().getHostNetwork());
    InetAddress address =
        hostNetwork ? node.own() : LocalNode.loopback(2, 1 + podAddresses++ % 250);
    Path at = folder.resolve("pods").resolve(pod.getMetadata().getName());
    return new RunningPod(
        pod,
        address,
        hostNetwork ? node.published() : address,
        at,
        folder.resolve("logs").resolve(pod.getMetadata().getName() + ".log"));
  }

  private void keepRunning(RunningPod pod) {
    long now = System.nanoTime();
    if (deadNodes.contains(pod.node)) {
      return;
    }
    if (pod.process != null && !pod.process.isAlive()) {
      listener.onCrash(pod.name(), pod.process.exitCode(), pod.log);
      pod.process = null;
      pod.probe = null;
      pod.ready = false;
      pod.restarts++;
      pod.notBefore =
          now
              + Math.min(
                  MAX_BACK_OFF, TimeUnit.SECONDS.toNanos(1L << Math.min(5, pod.restarts - 1)));
    }
    if (pod.process == null) {
      if (now - pod.notBefore >= 0 || pod.notBefore == 0) {
        start(pod, now);
      }
    } else if (pod.probe != null && pod.probe.isDone()) {
      pod.ready = pod.probe.join();
      pod.probe = null;
      pod.nextProbe = now + (pod.ready ? PROBE_READY : PROBE_STARTING);
    } else if (pod.probe == null && now - pod.nextProbe >= 0) {
      probe(pod);
    }
  }

  private void start(RunningPod pod, long now) {
    try {
      Files.createDirectories(pod.folder);
      Files.createDirectories(pod.log.getParent());
      Pod object = pod.withStatus();
      PodCommand command = PodCommand.of(object, volumes.make(object, pod.folder));
      LocalNode node = nodes.get(pod.node);
      if (!Boolean.TRUE.equals(object.getSpec().getHostNetwork())) {
        command = command.on(pod.address);
      } else if (node != null && !node.published().equals(node.own()) && hasFabric(object)) {
        command = command.announcing(node.published());
      }
      Path kubeconfig = pod.folder.resolve("kubeconfig");
      String account = object.getSpec().getServiceAccountName();
      Files.writeString(kubeconfig, kubeconfigs.apply(account == null ? "default" : account));
      Map<String, String> variables = new HashMap<>();
      variables.put("KUBECONFIG", kubeconfig.toString());
      variables.put("JAVA_HOME", System.getProperty("java.home"));
      if ("ClusterFirstWithHostNet".equals(object.getSpec().getDnsPolicy())) {
        // Others find the names that this machine knows, a store's for instance.
        variables.put("JAVA_OPTS", ClusterDns.jvmOption(folder, pod.folder));
      }
      if (archiving.add(command.image())) {
        // One process of each program, so that not all of them write their classes down at the end.
        variables.put("LLAMA_MESH_ARCHIVE", "write");
      }
      pod.process =
          PodProcess.start(programs.of(command.image()), command, variables, pod.folder, pod.log);
      pod.waiting = null;
      pod.volumesRead = now;
      pod.nextProbe = now;
      pod.ready = pod.readiness == null;
    } catch (MissingSecretException | IOException | IllegalArgumentException e) {
      if (pod.waiting == null) {
        LOG.warn("a pod can't be started pod={} why={}", pod.key, e.toString());
      }
      pod.waiting = String.valueOf(e.getMessage());
      pod.notBefore = now + TimeUnit.SECONDS.toNanos(1);
    }
  }

  private void refreshVolumes(RunningPod pod) {
    long now = System.nanoTime();
    if (!pod.isRunning() || now - pod.volumesRead < REFRESH) {
      return;
    }
    pod.volumesRead = now;
    try {
      volumes.refresh(pod.withStatus(), pod.folder);
    } catch (IOException | KubernetesClientException | IllegalArgumentException e) {
      LOG.warn("a pod's volumes can't be refreshed pod={} why={}", pod.key, e.toString());
    }
  }

  private static boolean hasFabric(Pod pod) {
    return pod.getSpec().getContainers().getFirst().getPorts().stream()
        .anyMatch(port -> Names.FABRIC_TCP_PORT.equals(port.getName()));
  }

  private void probe(RunningPod pod) {
    if (pod.readiness == null) {
      return;
    }
    PodProcess asked = pod.process;
    pod.probe =
        http.sendAsync(
                HttpRequest.newBuilder(pod.readiness).timeout(PROBE_TIMEOUT).build(),
                HttpResponse.BodyHandlers.discarding())
            .handle((response, error) ->
                error == null
                    && response.statusCode() < HttpURLConnection.HTTP_BAD_REQUEST
                    && asked != null
                    && asked.isAlive());
  }

  private void writeStatus(RunningPod pod) {
    if (!pod.needsStatusWrite()) {
      return;
    }
    try {
      client.resource(pod.withStatus()).patchStatus();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
    }
  }

  private void stop(RunningPod pod) {
    long now = System.nanoTime();
    if (!pod.stopping) {
      pod.stopping = true;
      pod.killAt = now + TimeUnit.MILLISECONDS.toNanos(pod.graceMillis);
      if (pod.process != null) {
        pod.process.terminate();
      }
    }
    if (pod.process != null && pod.process.isAlive()) {
      if (now - pod.killAt >= 0) {
        pod.process.kill();
      }
      return;
    }
    running.remove(pod.uid);
  }

  /**
   * The API keeps a pod that is being deleted until its kubelet says that nothing of it runs any
   * more.
   */
  private void confirmDeletion(Pod pod) {
    try {
      client.resource(pod).withGracePeriod(0).delete();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
    }
  }
}
