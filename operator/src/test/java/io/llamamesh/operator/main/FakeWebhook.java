package io.llamamesh.operator.main;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.Awaitility;

/**
 * Somebody's admission webhook for one namespace that takes connections and never says a word. Once
 * it is closed, everything is admitted again.
 */
final class FakeWebhook implements AutoCloseable {
  private static final int SECONDS = 10;

  private final KubernetesClient client;
  private final ServerSocket socket;
  private final Queue<Socket> taken = new ConcurrentLinkedQueue<>();
  private final ValidatingWebhookConfiguration configuration;
  private volatile int before;

  FakeWebhook(String namespace, KubernetesClient client, String group, List<String> resources)
      throws IOException {
    this.client = client;
    this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::take);
    configuration =
        client
            .resource(
                new ValidatingWebhookConfigurationBuilder()
                    .withNewMetadata()
                    .withName("silent-" + socket.getLocalPort())
                    .endMetadata()
                    .addNewWebhook()
                    .withName("silent.example.com")
                    .withFailurePolicy("Fail")
                    .withSideEffects("None")
                    .withTimeoutSeconds(SECONDS)
                    .withAdmissionReviewVersions("v1")
                    .withNewNamespaceSelector()
                    .withMatchLabels(Map.of("kubernetes.io/metadata.name", namespace))
                    .endNamespaceSelector()
                    .withNewClientConfig()
                    .withUrl("https://127.0.0.1:" + socket.getLocalPort() + "/")
                    .endClientConfig()
                    .addNewRule()
                    .withApiGroups(group)
                    .withApiVersions("*")
                    .withOperations("CREATE", "UPDATE")
                    .withResources(resources)
                    .endRule()
                    .endWebhook()
                    .build())
            .create();
  }

  /** Waits until the server asks it: configurations take a moment to come into force. */
  void awaitInForce(HasMetadata object) {
    KubernetesClient once =
        client
            .newClient(
                new RequestConfigBuilder(client.getConfiguration().getRequestConfig())
                    .withRequestTimeout(3_000)
                    .withRequestRetryBackoffLimit(0)
                    .build())
            .adapt(KubernetesClient.class);
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> {
          try {
            once.resource(object).dryRun().create();
          } catch (KubernetesClientException e) {
            return !taken.isEmpty();
          }
          return false;
        });
    before = taken.size();
  }

  /** Whether it has been asked since it was in force. */
  boolean isAsked() {
    return taken.size() > before;
  }

  private void take() {
    while (!socket.isClosed()) {
      try {
        taken.add(socket.accept());
      } catch (IOException e) {
        return;
      }
    }
  }

  @Override
  public void close() {
    client.resource(configuration).delete();
    try {
      socket.close();
      for (Socket one : taken) {
        one.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
