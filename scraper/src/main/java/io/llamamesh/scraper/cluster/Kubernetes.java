package io.llamamesh.scraper.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.kube.ApiClients;
import io.llamamesh.kube.WatchAges;
import io.llamamesh.tls.CertificateTrust;

/**
 * Connection to the cluster's API, configured by KUBECONFIG or the pod. Its watches are at most a
 * minute late, even if the other end disappears without closing them.
 *
 * @param trust trust in the server's certificate
 */
public record Kubernetes(KubernetesClient client, CertificateTrust trust) implements AutoCloseable {
  private static final String NOTHING_FOUND = "https://kubernetes.default.svc";

  /**
   * Opens the connection without a request yet. The caller must close it.
   *
   * @throws IllegalStateException if neither names a cluster
   */
  public static Kubernetes connect() {
    Config config = new ConfigBuilder().build();
    // The fallback of fabric8 if it found no configuration.
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
