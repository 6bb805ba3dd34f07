package io.llamamesh.agent.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.llamamesh.testkit.LocalhostIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a server that answers what each test wrote down, one answer after the other. */
class ConfigMapWatchTest {

  private record Answer(int status, String body, boolean stays) {}

  private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
  private final List<URI> asked = new CopyOnWriteArrayList<>();
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final List<String> tokens = new CopyOnWriteArrayList<>();
  private final CountDownLatch end = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  @AfterEach
  void stop() {
    end.countDown();
    server.stop(0);
    threads.close();
  }

  private void answer(HttpExchange exchange) throws IOException {
    asked.add(exchange.getRequestURI());
    tokens.add(exchange.getRequestHeaders().getFirst("Authorization"));
    Answer next = answers.poll();
    Answer answer = next == null ? new Answer(200, "", true) : next;
    exchange.sendResponseHeaders(answer.status, 0);
    exchange.getResponseBody().write(answer.body.getBytes(StandardCharsets.UTF_8));
    exchange.getResponseBody().flush();
    if (answer.stays) {
      try {
        end.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    exchange.close();
  }

  private void list(int version, String... values) {
    String items = String.join(",", List.of(values).stream().map(v -> object(version, v)).toList());
    answers.add(
        new Answer(
            200,
            "{\"metadata\":{\"resourceVersion\":\"" + version + "\"},\"items\":[" + items + "]}",
            false));
  }

  private static String object(int version, String value) {
    return "{\"metadata\":{\"resourceVersion\":\""
        + version
        + "\"},\"data\":{\"k\":\""
        + value
        + "\"}}";
  }

  private static String event(String type, String object) {
    return "{\"type\":\"" + type + "\",\"object\":" + object + "}\n";
  }

  private void watch(String... events) {
    answers.add(new Answer(200, String.join("", events), false));
  }

  private ConfigMapWatch follow() {
    return follow(
        address(),
        new WatchContact(System::nanoTime),
        data -> heard.add(String.valueOf(data.get("k"))));
  }

  private ApiAccess address() {
    return ApiAccess.plain(URI.create("http://127.0.0.1:" + server.getAddress().getPort()), "me");
  }

  private ConfigMapWatch follow(
      ApiAccess api, WatchContact contact, Consumer<Map<String, String>> present) {
    return ConfigMapWatch.start(
        api,
        "default",
        "mesh.node-1",
        new ConfigMapWatch.Listener() {
          @Override
          public void present(Map<String, String> data) {
            present.accept(data);
          }

          @Override
          public void absent() {
            heard.add("absent");
          }

          @Override
          public void failed(IOException cause) {
            heard.add("failed");
          }
        },
        contact,
        new ConfigMapWatch.Timing(
            Duration.ofSeconds(30),
            Duration.ofSeconds(40),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10),
            Duration.ofMillis(100),
            Duration.ofMillis(500)));
  }

  @Test
  void oneObjectIsListedAndThenWatchedFromTheListedVersionOn() {
    list(7, "first");
    watch(event("MODIFIED", object(8, "second")), event("DELETED", object(9, "second")));

    try (ConfigMapWatch watch = follow()) {
      await().until(() -> asked.size() == 3);
      assertThat(watch).isNotNull();
    }

    assertThat(heard).containsExactly("first", "second", "absent");
    assertThat(asked.get(0).getPath()).isEqualTo("/api/v1/namespaces/default/configmaps");
    assertThat(asked)
        .allMatch(u -> u.getQuery().contains("fieldSelector=metadata.name=mesh.node-1"));
    assertThat(asked.get(1).getQuery()).contains("watch=true", "resourceVersion=7");
    assertThat(tokens).containsOnly("Bearer me");
  }

  @Test
  void aWatchThatEndsGoesOnWhereItWas() {
    list(7);
    watch(event("ADDED", object(12, "first")));
    watch(event("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"40\"}}"));

    try (ConfigMapWatch watch = follow()) {
      await().until(() -> asked.size() == 4);
      assertThat(watch).isNotNull();
    }

    assertThat(heard).containsExactly("absent", "first");
    assertThat(asked.get(2).getQuery()).contains("resourceVersion=12");
    assertThat(asked.get(3).getQuery()).contains("resourceVersion=40");
  }

  @Test
  void aVersionThatIsNoLongerKeptIsListedAgain() {
    list(7, "first");
    watch(event("ERROR", "{\"code\":410}"));
    list(90, "second");
    answers.add(new Answer(410, "{}", false));
    list(91, "third");

    try (ConfigMapWatch watch = follow()) {
      await().until(() -> asked.size() == 6);
      assertThat(watch).isNotNull();
    }

    assertThat(heard).containsExactly("first", "second", "third");
  }

  @Test
  void whatFailsIsTriedAgain() {
    answers.add(new Answer(500, "{}", false));
    answers.add(new Answer(200, "no JSON", false));
    list(7, "first");

    try (ConfigMapWatch watch = follow()) {
      await().until(() -> heard.contains("first"));
      assertThat(watch).isNotNull();
    }

    assertThat(heard).containsExactly("failed", "failed", "first");
  }

  @Test
  void closingEndsAWatchThatWaits() {
    list(7, "first");
    ConfigMapWatch watch = follow();
    await().until(() -> asked.size() == 2);

    watch.close();

    assertThat(heard).containsExactly("first");
  }

  /** As one that is being stopped while it starts, on a machine without a CPU to spare. */
  @Test
  void aListenerThatIsHeldUpDoesNotKeepItsAgentFromEndingAndHearsNothingNew() {
    list(7, "first");
    watch(event("MODIFIED", object(8, "second")));
    CountDownLatch heldUp = new CountDownLatch(1);
    Semaphore turn = new Semaphore(0);
    ConfigMapWatch watch =
        follow(
            address(),
            new WatchContact(System::nanoTime),
            data -> {
              heldUp.countDown();
              // An interrupt does not end this.
              turn.acquireUninterruptibly();
              heard.add(String.valueOf(data.get("k")));
            });
    await().until(() -> heldUp.getCount() == 0);

    watch.close(Duration.ofMillis(50));

    assertThat(heard).isEmpty();
    turn.release();
    await().until(() -> heard.equals(List.of("first")));
    watch.close();
    assertThat(heard).containsExactly("first");
  }

  @Test
  void anApiWhoseCertificateIsNotTrustedIsCountedApart(@TempDir Path folder) throws Exception {
    LocalhostIdentity theirs = LocalhostIdentity.in(folder.resolve("theirs"));
    Path ours = LocalhostIdentity.in(folder.resolve("ours")).folder();
    Files.writeString(ours.resolve("token"), "me");
    HttpsServer secure =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    secure.setHttpsConfigurator(new HttpsConfigurator(theirs.context()));
    secure.start();
    WatchContact contact = new WatchContact(System::nanoTime);
    String port = String.valueOf(secure.getAddress().getPort());

    try (ConfigMapWatch watch =
        follow(ApiAccess.inPod("127.0.0.1", port, ours), contact, data -> {})) {
      await().until(() -> contact.certificateRefusals() > 1);
      assertThat(watch).isNotNull();
    } finally {
      secure.stop(0);
    }

    assertThat(contact.failures()).isGreaterThanOrEqualTo(contact.certificateRefusals());
    WatchContact plain = new WatchContact(System::nanoTime);
    answers.add(new Answer(500, "{}", false));
    try (ConfigMapWatch watch = follow(address(), plain, data -> {})) {
      await().until(() -> plain.failures() > 0);
      assertThat(watch).isNotNull();
    }
    assertThat(plain.certificateRefusals()).isZero();
  }
}
