package io.llamamesh.scraper.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.llamamesh.crd.Names;
import io.llamamesh.tls.CertificateTrust;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Discovery of agents by a watch of their pods, Ready or not, since an unready agent is the one to
 * look at.
 *
 * <p>While the API is unreachable the last known list is kept. Owns its informer and a thread, but
 * not the client.
 */
public final class PodAgents implements AgentSource {
  private static final Logger LOG = LoggerFactory.getLogger(PodAgents.class);

  private final KubernetesClient client;
  private final String namespace;
  private final String mesh;
  private final @Nullable Integer apiPort;
  private @Nullable SharedIndexInformer<Pod> informer;
  private final AtomicBoolean failing = new AtomicBoolean();
  private final LeavingNodesPoller leaving;
  private final CertificateTrust trust;
  private List<AgentEndpoint> published = List.of();

  /**
   * @param client not closed with this
   * @param trust trust in its server's certificate
   * @param mesh name of the mesh
   * @param apiPort port of all agents' API; then only pods that the mesh's DaemonSet controls
   *     count; null: all pods with the mesh's labels, at the ports that they declare
   */
  public PodAgents(
      KubernetesClient client,
      CertificateTrust trust,
      String namespace,
      String mesh,
      @Nullable Integer apiPort) {
    this.apiPort = apiPort;
    this.client = client;
    this.trust = trust;
    this.namespace = namespace;
    this.mesh = mesh;
    this.leaving = new LeavingNodesPoller(client, namespace, mesh);
  }

  @Override
  public synchronized void start(Consumer<List<AgentEndpoint>> listener) {
    if (informer != null) {
      throw new IllegalStateException("already started");
    }
    SharedIndexInformer<Pod> pods =
        client
            .pods()
            .inNamespace(namespace)
            .withLabels(Names.selector(mesh, Names.Component.AGENT))
            .runnableInformer(0);
    pods.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(Pod pod) {
            publish(listener);
          }

          @Override
          public void onUpdate(Pod before, Pod after) {
            publish(listener);
          }

          @Override
          public void onDelete(Pod pod, boolean finalStateUnknown) {
            publish(listener);
          }

          @Override
          public void onNothing() {
            publish(listener);
          }
        });
    // Retry on any failure: a scraper without the API still reads the agents that it knows.
    pods.exceptionHandler((started, failure) -> {
      if (failing.compareAndSet(false, true)) {
        LOG.warn(
            "agent discovery failed, keeping last known agents url={} error={}",
            client.getMasterUrl(),
            describe(failure));
      }
      return true;
    });
    informer = pods;
    var _ = pods.start();
    leaving.start();
  }

  @Override
  public Set<String> leaving() {
    return leaving.names();
  }

  @Override
  public long certificateRefusals() {
    return trust.refusals();
  }

  @Override
  public synchronized boolean isCurrent() {
    return informer != null && informer.hasSynced() && informer.isWatching();
  }

  @Override
  public synchronized void close() {
    leaving.close();
    if (informer != null) {
      informer.stop();
    }
  }

  private void publish(Consumer<List<AgentEndpoint>> listener) {
    synchronized (this) {
      if (informer == null) {
        return;
      }
      failing.set(false);
      List<Pod> pods = informer.getStore().list();
      List<AgentEndpoint> agents =
          apiPort == null ? AgentPods.agents(pods) : AgentPods.agents(pods, mesh, apiPort);
      if (!agents.equals(published)) {
        published = agents;
        listener.accept(agents);
      }
    }
  }

  /** The failure and its root cause, such as a certificate that is not trusted. */
  private static String describe(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null && !(root instanceof SSLException)) {
      root = root.getCause();
    }
    return root == failure ? failure.toString() : failure.getMessage() + ": " + root;
  }
}
