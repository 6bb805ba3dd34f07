package io.llamamesh.agent.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.agent.auth.TokenCheck;
import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.TestWindows;
import io.llamamesh.agent.config.ConfigState;
import io.llamamesh.agent.fabric.FabricServices;
import io.llamamesh.agent.points.LossRule;
import io.llamamesh.agent.reflector.ReflectorCounters;
import io.llamamesh.agent.window.WindowArchive;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** More is asked than can be answered at once, or answering fails. */
class ApiLoadTest {

  private static final int AT_ONCE = 32;

  private final WindowArchive archive = new WindowArchive("b00t");
  private final HttpClient client = HttpClient.newHttpClient();
  private final AtomicInteger busy = new AtomicInteger();
  private final CountDownLatch go = new CountDownLatch(1);
  private ApiServer api;

  private void start(Supplier<Map<String, String>> us) throws IOException {
    TestWindows.publish(archive, 1);
    AgentState state =
        new AgentState(
            "test",
            List::of,
            () -> 1,
            () -> null,
            () -> 3,
            List::of,
            () -> ConfigState.NONE,
            null,
            () -> null,
            () -> null,
            FabricServices.off(),
            us,
            archive,
            new CollectorCounters(),
            new ReflectorCounters(),
            null);
    api =
        ApiServer.start(
            List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
            state,
            InstantSource.system(),
            TokenCheck.OPEN,
            LossRule.NETWORK,
            false);
  }

  @AfterEach
  void stop() {
    go.countDown();
    client.close();
    api.close();
  }

  private HttpRequest request(String path) {
    return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + api.locals().getFirst().getPort() + path))
        .build();
  }

  private int status(String path) throws IOException, InterruptedException {
    return client.send(request(path), HttpResponse.BodyHandlers.ofString()).statusCode();
  }

  /** An answer that takes as long as the test wants. */
  private Map<String, String> slowly() {
    busy.incrementAndGet();
    try {
      go.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Map.of();
  }

  @Test
  void slowReadersKeepOthersAwayButNotWhoAsksWhetherTheAgentLives() throws Exception {
    start(this::slowly);
    List<CompletableFuture<HttpResponse<String>>> slow = new ArrayList<>();
    for (int i = 0; i < AT_ONCE; i++) {
      slow.add(client.sendAsync(request("/influxdata"), HttpResponse.BodyHandlers.ofString()));
    }
    await().until(() -> busy.get() == AT_ONCE);

    assertThat(status("/influxdata")).isEqualTo(503);
    assertThat(status("/metrics")).isEqualTo(503);
    assertThat(status("/healthz")).isEqualTo(200);
    assertThat(status("/readyz")).isEqualTo(200);

    go.countDown();
    for (CompletableFuture<HttpResponse<String>> answer : slow) {
      assertThat(answer.get().statusCode()).isEqualTo(200);
    }
    assertThat(status("/metrics")).isEqualTo(200);
  }
}
