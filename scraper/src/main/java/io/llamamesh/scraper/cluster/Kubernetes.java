package io.llamamesh.scraper.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;

/** The connection to the cluster's API, as found in KUBECONFIG or in the pod. */
public final class Kubernetes {
  private Kubernetes() {}

  /** Opens it; nothing is asked yet. To be closed by the caller. */
  public static KubernetesClient connect() {
    return new KubernetesClientBuilder().withHttpClientFactory(new JdkHttpClientFactory()).build();
  }
}
