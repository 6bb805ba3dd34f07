package io.llamamesh.local.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.llamamesh.crd.LlamaMesh;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The machines of the local mesh: nodes in the API, the controllers that make pods of workloads
 * where the API has none, and a process per pod. One thread does it all and owns the processes;
 * others only read the informers' caches or ask it for something.
 */
public final class LocalCluster implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LocalCluster.class);
  private static final long ROUND_MILLIS = 100;
  private static final long STOP_GRACE_MILLIS = 6_000;

  private final KubernetesClient client;
  private final List<LocalNode> nodes;
  private final SharedIndexInformer<DaemonSet> daemonSets;
  private final SharedIndexInformer<Deployment> deployments;
  private final SharedIndexInformer<Pod> pods;
  private final SharedIndexInformer<Service> services;
  private final SharedIndexInformer<LlamaMesh> meshes;
  private final ClusterDns dns;
  private final @Nullable Workloads workloads;
  private final Kubelet kubelet;
  private final Semaphore wakeUps = new Semaphore(0);
  private final Queue<String> toKill = new ConcurrentLinkedQueue<>();
  private final Thread thread;
  private volatile boolean closed;

  private LocalCluster(
      KubernetesClient client,
      List<LocalNode> nodes,
      Kubelet kubelet,
      @Nullable Workloads workloads,
      ClusterDns dns) {
    this.client = client;
    this.nodes = nodes;
    this.kubelet = kubelet;
    this.workloads = workloads;
    this.dns = dns;
    daemonSets = client.apps().daemonSets().inAnyNamespace().inform(new Wake<>(wakeUps));
    deployments = client.apps().deployments().inAnyNamespace().inform(new Wake<>(wakeUps));
    pods = client.pods().inAnyNamespace().inform(new Wake<>(wakeUps));
    services = client.services().inAnyNamespace().inform(new Wake<>(wakeUps));
    meshes = client.resources(LlamaMesh.class).inAnyNamespace().inform(new Wake<>(wakeUps));
    thread = Thread.ofPlatform().name("machines").start(this::run);
  }

  /**
   * Makes the nodes and begins to run pods.
   *
   * @param client a client of the API; closed by its owner after this
   * @param nodes the nodes
   * @param programs what stands for images
   * @param folder where pods' files and logs go
   * @param kubeconfigs what a pod finds the API by, by its ServiceAccount
   * @param crashes called when a process ends by itself
   */
  public static LocalCluster start(
      KubernetesClient client,
      List<LocalNode> nodes,
      ImagePrograms programs,
      Path folder,
      UnaryOperator<String> kubeconfigs,
      CrashListener crashes) {
    createNodes(client, nodes);
    return new LocalCluster(
        client,
        nodes,
        new Kubelet(client, nodes, programs, folder, kubeconfigs, crashes),
        new Workloads(client, nodes),
        new ClusterDns(folder));
  }

  /**
   * The same for an API with controllers and a scheduler of its own, which make the pods and bind
   * them to the nodes.
   */
  public static LocalCluster startNodes(
      KubernetesClient client,
      List<LocalNode> nodes,
      ImagePrograms programs,
      Path folder,
      UnaryOperator<String> kubeconfigs,
      CrashListener crashes) {
    createNodes(client, nodes);
    return new LocalCluster(
        client,
        nodes,
        new Kubelet(client, nodes, programs, folder, kubeconfigs, crashes),
        null,
        new ClusterDns(folder));
  }

  private static void createNodes(KubernetesClient client, List<LocalNode> nodes) {
    for (LocalNode node : nodes) {
      client.nodes().resource(node.object(true)).create();
      client.nodes().resource(node.object(true)).patchStatus();
    }
  }

  /** All pods of the API. */
  public List<Pod> pods() {
    return pods.getStore().list();
  }

  /** True where a pod's status says that it is ready. */
  public static boolean isReady(Pod pod) {
    return Workloads.isReady(pod);
  }

  /** Number of ready pods with these labels. */
  public int ready(Map<String, String> labels) {
    return (int)
        pods().stream()
            .filter(pod -> pod.getMetadata().getLabels().entrySet().containsAll(labels.entrySet()))
            .filter(Workloads::isReady)
            .count();
  }

  /** Address of a port of the first ready pod with these labels; null while there is none. */
  public @Nullable InetSocketAddress address(Map<String, String> labels, int port) {
    return pods().stream()
        .filter(pod -> pod.getMetadata().getLabels().entrySet().containsAll(labels.entrySet()))
        .filter(Workloads::isReady)
        .findFirst()
        .map(pod -> new InetSocketAddress(pod.getStatus().getPodIP(), port))
        .orElse(null);
  }

  /** A node dies without a word. */
  public void kill(String node) {
    toKill.add(node);
    wakeUps.release();
  }

  private void run() {
    while (!closed) {
      try {
        boolean woken = wakeUps.tryAcquire(ROUND_MILLIS, TimeUnit.MILLISECONDS);
        if (woken) {
          wakeUps.drainPermits();
        }
        for (String node = toKill.poll(); node != null; node = toKill.poll()) {
          takeDown(node);
        }
        List<Pod> all = pods();
        if (workloads != null) {
          workloads.reconcile(daemonSets.getStore().list(), deployments.getStore().list(), all);
        }
        dns.update(services.getStore().list(), all, meshes.getStore().list());
        kubelet.reconcile(all);
      } catch (InterruptedException e) {
        break;
      } catch (IOException | RuntimeException e) {
        if (!closed) {
          LOG.warn("a round over the machines failed, the next follows", e);
        }
      }
    }
    try {
      kubelet.stopAll(STOP_GRACE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void takeDown(String name) {
    kubelet.kill(name);
    nodes.stream()
        .filter(node -> node.name().equals(name))
        .forEach(node -> client.nodes().resource(node.object(false)).patchStatus());
  }

  @Override
  public void close() {
    closed = true;
    wakeUps.release();
    try {
      thread.join(STOP_GRACE_MILLIS + 5_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    daemonSets.close();
    deployments.close();
    services.close();
    meshes.close();
    pods.close();
  }

  /** Wakes the thread whatever happened. */
  private record Wake<T>(Semaphore wakeUps) implements ResourceEventHandler<T> {
    @Override
    public void onAdd(T object) {
      wakeUps.release();
    }

    @Override
    public void onUpdate(T before, T after) {
      wakeUps.release();
    }

    @Override
    public void onDelete(T object, boolean unknown) {
      wakeUps.release();
    }
  }
}
