package io.llamamesh.apiserver.junit;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.llamamesh.apiserver.StandInApiServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One test's piece of a cluster: a namespace, and clients that use it by default. */
public final class TestCluster implements AutoCloseable {
  private final @Nullable StandInApiServer standIn;
  private final String namespace;
  private final List<KubernetesClient> clients = new ArrayList<>();
  private final KubernetesClient client;

  TestCluster(@Nullable StandInApiServer standIn, String namespace) {
    this.standIn = standIn;
    this.namespace = namespace;
    this.client = newClient(namespace);
    client
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(namespace)
                .addToLabels("llamamesh.io/test", "true")
                .endMetadata()
                .build())
        .create();
  }

  /** The test's own namespace. */
  public String namespace() {
    return namespace;
  }

  /**
   * A client for the test itself; closed after it. On the stand-in its journal name is the
   * namespace.
   */
  public KubernetesClient client() {
    return client;
  }

  /**
   * A further client, closed after the test: for the program under test.
   *
   * @param identity the name under which the stand-in's journal counts its requests; on a cluster
   *     it is not used
   */
  public KubernetesClient newClient(String identity) {
    KubernetesClient made =
        new KubernetesClientBuilder()
            .withConfig(config(identity))
            .withHttpClientFactory(new JdkHttpClientFactory())
            .build();
    clients.add(made);
    return made;
  }

  /** The connection of {@link #newClient}. */
  public Config config(String identity) {
    Config config = standIn == null ? Config.autoConfigure(null) : standIn.config(identity);
    return new ConfigBuilder(config).withNamespace(namespace).build();
  }

  /** The stand-in, whose journal and kubeconfig a test may look at; empty on a real cluster. */
  public Optional<StandInApiServer> standIn() {
    return Optional.ofNullable(standIn);
  }

  /** Deletes the namespace, without waiting for its end, and closes the clients. */
  @Override
  public void close() {
    try {
      client.namespaces().withName(namespace).delete();
    } finally {
      clients.forEach(KubernetesClient::close);
    }
  }
}
