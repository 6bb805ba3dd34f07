package io.llamamesh.scraper.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.kube.ApiClients;
import io.llamamesh.kube.WatchAges;
import io.llamamesh.tls.CertificateTrust;

/**
 * The connection to the cluster's API, as found in KUBECONFIG or in the pod; its watches see
 * nothing later than a minute after it happened, also where the other end is gone without a word.
 *
 * @param trust what became of the server's certificate
 */
public record Kubernetes(KubernetesClient client, CertificateTrust trust) implements AutoCloseable {
  private static final String NOTHING_FOUND = "https://kubernetes.default.svc";

  /**
   * Opens it; nothing is asked yet. To be closed by the caller.
   *
   * @throws IllegalStateException where neither names a cluster
   */
  public static Kubernetes connect() {
    Config config = new ConfigBuilder().build();
    // What fabric8 falls back to where it found nothing.
    if (config.getCurrentContext() == null && config.getMasterUrl().startsWith(NOTHING_FOUND)) {
      throw new IllegalStateException("no cluster: not in a pod, and no kubeconfig is found");
    }
    ApiClients clients = ApiClients.of(() -> config);
    return new Kubernetes(clients.open(new WatchAges()), clients.trust());
  }

  @Override
  public void close() {
    client.close();
  }
}
