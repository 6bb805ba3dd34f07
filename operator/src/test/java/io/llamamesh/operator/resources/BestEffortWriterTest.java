package io.llamamesh.operator.resources;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.kube.ApiClients;
import io.llamamesh.kube.WatchAges;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a server that takes connections and never says a word. */
final class BestEffortWriterTest {
  private final Queue<Socket> taken = new ConcurrentLinkedQueue<>();
  private ServerSocket server;
  private KubernetesClient client;
  private BestEffortWriter writer;

  @BeforeEach
  void start() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::take);
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl("http://127.0.0.1:" + server.getLocalPort())
            .build();
    client = ApiClients.of(() -> config).open(new WatchAges());
    writer = new BestEffortWriter("best-effort", client);
  }

  private void take() {
    while (!server.isClosed()) {
      try {
        taken.add(server.accept());
      } catch (IOException e) {
        return;
      }
    }
  }

  @AfterEach
  void stop() throws IOException {
    writer.close();
    client.close();
    server.close();
    for (Socket one : taken) {
      one.close();
    }
  }

  @Test
  void theWorkIsDoneOnAnotherThreadThanTheOneThatAsksForIt() {
    CompletableFuture<Thread> worker = new CompletableFuture<>();

    assertThat(writer.trySubmit(any -> worker.complete(Thread.currentThread()))).isTrue();

    assertThat(worker).succeedsWithin(Duration.ofSeconds(30)).isNotSameAs(Thread.currentThread());
  }

  /** A patient client would wait for four times ten seconds. */
  @Test
  void anAnswerThatDoesNotComeIsAskedForOnceAndSoonGivenUp() {
    CompletableFuture<KubernetesClientException> end = new CompletableFuture<>();

    var _ =
        writer.trySubmit(once -> {
          try {
            var _ = once.configMaps().inNamespace("net").withName("m").get();
          } catch (KubernetesClientException e) {
            end.complete(e);
          }
        });

    assertThat(end).succeedsWithin(Duration.ofSeconds(8));
    assertThat(taken).hasSize(1);
  }
}
