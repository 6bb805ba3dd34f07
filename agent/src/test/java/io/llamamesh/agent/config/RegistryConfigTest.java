package io.llamamesh.agent.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.kube.WatchContact;
import io.llamamesh.registration.ProbeRegistration;
import io.llamamesh.registration.RegistrationSchedule;
import io.llamamesh.registration.RegistryClient;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent's config from a registry that is scripted. */
class RegistryConfigTest {

  @TempDir private Path folder;
  private final List<ProbePlan> plans = new CopyOnWriteArrayList<>();
  private final List<String> registrations = new CopyOnWriteArrayList<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final List<String> conditions = new CopyOnWriteArrayList<>();
  private final AtomicInteger unchanged = new AtomicInteger();
  private final AtomicInteger answers = new AtomicInteger();
  private volatile int status = 200;
  private volatile String yaml = KubernetesConfigTest.document(1);
  private HttpServer server;
  private int port;
  private ConfigApplier applier;
  private final WatchContact contact = new WatchContact(System::nanoTime);

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/api/v1/register",
        exchange -> {
          registrations.add(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
          answer(exchange, 200, "{}\n");
        });
    server.createContext(
        "/api/v1/config/",
        exchange -> {
          asked.add(exchange.getRequestURI().toString());
          conditions.add(String.valueOf(exchange.getRequestHeaders().getFirst("If-None-Match")));
          String tag = "\"" + yaml.hashCode() + "\"";
          if (status != 200) {
            answer(exchange, status, "{\"error\":\"said why\"}");
          } else if (tag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
            unchanged.incrementAndGet();
            exchange.sendResponseHeaders(304, -1);
            exchange.close();
          } else {
            exchange.getResponseHeaders().set("ETag", tag);
            answer(exchange, 200, yaml);
          }
        });
    server.start();
    port = server.getAddress().getPort();
    applier = KubernetesConfigTest.applier(plans::add, new LocalCopy(folder));
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private RegistryConfig follow() {
    return follow(Duration.ofSeconds(2));
  }

  private RegistryConfig follow(Duration patience) {
    return RegistryConfig.start(
        RegistryClient.of("http://127.0.0.1:" + port, null, null),
        new ProbeRegistration(
            8100, 300, "wan", null, Map.of("version", "1", "probe_name", "p"), "an-instance"),
        false,
        applier,
        new LocalCopy(folder),
        contact,
        answers::incrementAndGet,
        new RegistrationSchedule(Duration.ofMillis(20), new Random(1)),
        patience);
  }

  @Test
  void itRegistersThenTakesItsConfigAndAsksOnlyWhetherItChanged() {
    try (RegistryConfig config = follow()) {
      await().until(() -> unchanged.get() >= 3);
      assertThat(answers.get()).as("answers told, changed or not").isGreaterThanOrEqualTo(3);
      assertThat(plans).hasSize(1);
      assertThat(applier.state().origin()).startsWith("registry http://127.0.0.1:");
      assertThat(registrations.getFirst())
          .contains("\"port\":8100", "\"keepalive\":300", "\"group\":\"wan\"", "an-instance");
      assertThat(asked.getFirst()).isEqualTo("/api/v1/config/wan?llamaport=8100");

      yaml = KubernetesConfigTest.document(3);
      await().until(() -> plans.size() == 2);
      assertThat(plans.get(1).pairs()).hasSize(3);
      assertThat(config).isNotNull();
    }
  }

  @Test
  void whileTheRegistryIsAwayTheLastConfigRunsAndAlsoAfterARestart() {
    try (RegistryConfig config = follow()) {
      await().until(() -> plans.size() == 1);
      server.stop(0);
      int before = registrations.size();
      assertThat(before).isPositive();
      assertThat(applier.runningConfig()).isNotNull();
      assertThat(config).isNotNull();
    }
    plans.clear();
    applier = KubernetesConfigTest.applier(plans::add, new LocalCopy(folder));
    try (RegistryConfig config = follow()) {
      await().until(() -> plans.size() == 1);
      assertThat(applier.state().origin()).startsWith("copy of registry");
      assertThat(config).isNotNull();
    }
  }

  @Test
  void aRefusalLeavesTheLastConfigAndItIsAskedAgain() {
    try (RegistryConfig config = follow()) {
      await().until(() -> plans.size() == 1);
      status = 404;
      int before = asked.size();
      await().until(() -> asked.size() > before + 3);
      assertThat(applier.runningConfig()).isNotNull();
      assertThat(contact.failures()).isPositive();
      status = 200;
      int failed = unchanged.get();
      await().until(() -> unchanged.get() > failed);
      assertThat(config).isNotNull();
    }
  }

  @Test
  void aProbeWhoseNameIsAnothersStopsProbingAndSaysWhy() {
    try (RegistryConfig config = follow()) {
      await().until(() -> plans.size() == 1);
      status = 409;
      await().until(() -> applier.state().error() != null);
      assertThat(applier.runningConfig()).isNull();
      assertThat(applier.state().error()).contains("said why");
      assertThat(plans.getLast().pairs()).isEmpty();
      status = 200;
      await().until(() -> applier.runningConfig() != null);
      assertThat(applier.state().error()).isNull();
      assertThat(config).isNotNull();
    }
  }

  @Test
  void aConfigThatIsRefusedLeavesTheRunningOne() {
    try (RegistryConfig config = follow()) {
      await().until(() -> plans.size() == 1);
      yaml = "nonsense: [";
      await().until(() -> applier.state().error() != null);
      assertThat(applier.runningConfig()).isNotNull();
      assertThat(config).isNotNull();
    }
  }

  @Test
  void aCopyThatIsReadSlowlyDoesNotReplaceWhatTheRegistryGaveMeanwhile() throws Exception {
    // A pipe: reading the copy ends when somebody writes.
    Path slow = folder.resolve("collector.yaml");
    assertThat(new ProcessBuilder("mkfifo", slow.toString()).start().waitFor()).isZero();
    yaml = KubernetesConfigTest.document(3);
    try (RegistryConfig config = follow(Duration.ZERO);
        RandomAccessFile writer = new RandomAccessFile(slow.toFile(), "rw")) {
      await().until(() -> unchanged.get() >= 1);
      writer.write(KubernetesConfigTest.document(1).getBytes(UTF_8));
      assertThat(config).isNotNull();
    }
    assertThat(plans).extracting(plan -> plan.pairs().size()).containsExactly(3);
  }

  @Test
  void aConfigThatCouldNotRunIsAskedForAgainUntilItRuns() {
    AtomicInteger handed = new AtomicInteger();
    applier =
        KubernetesConfigTest.applier(
            plan -> {
              if (handed.incrementAndGet() <= 2) {
                throw new IllegalStateException("no socket for now");
              }
              plans.add(plan);
            },
            new LocalCopy(folder));
    try (RegistryConfig config = follow()) {
      await().until(() -> plans.size() == 1);
      assertThat(applier.state().error()).isNull();
      await().until(() -> unchanged.get() >= 1);
      assertThat(config).isNotNull();
    }
  }

  @Test
  void afterARestartWithAnOldDiskTheWholeConfigIsAskedFor() throws IOException {
    new LocalCopy(folder).write(KubernetesConfigTest.document(1));
    yaml = KubernetesConfigTest.document(3);
    status = 503;
    try (RegistryConfig config = follow()) {
      await().until(() -> plans.size() == 1);
      assertThat(applier.state().origin()).startsWith("copy of registry");
      status = 200;
      await().until(() -> plans.size() == 2);
      assertThat(plans.get(1).pairs()).hasSize(3);
      assertThat(config).isNotNull();
    }
    // Nothing was claimed to be known before the registry itself had given it.
    assertThat(conditions.subList(0, conditions.lastIndexOf("null") + 1)).containsOnly("null");
  }

  @Test
  void whatAnotherHasTheNameOfDoesNotStartFromItsCopy() throws IOException {
    new LocalCopy(folder).write(KubernetesConfigTest.document(1));
    status = 409;
    try (RegistryConfig config = follow()) {
      await().until(() -> asked.size() >= 1 && applier.state().error() != null);
      status = 503;
      int before = asked.size();
      await().until(() -> asked.size() > before + 3);
      assertThat(config).isNotNull();
    }
    assertThat(plans).isEmpty();
    assertThat(folder.resolve("collector.yaml")).doesNotExist();
  }

  @Test
  void aHostThatChangesItsAddressBearsTheNewOneThoughItsConfigStaysAsItIs() {
    AtomicReference<@Nullable String> own = new AtomicReference<>("192.0.2.1");
    applier =
        new ConfigApplier(
            new PlanMapper(
                target -> {
                  String address = own.get();
                  if (address == null) {
                    throw new IOException("no route");
                  }
                  return InetAddress.ofLiteral(address);
                },
                "node-1"),
            HostNames.ofSystem(),
            plans::add,
            new LocalCopy(folder),
            8100);
    try (RegistryConfig config = follow()) {
      await().until(() -> plans.size() == 1);
      // While it has none its results stay those of one series.
      own.set(null);
      int before = unchanged.get();
      await().until(() -> unchanged.get() > before + 2);
      assertThat(plans).hasSize(1);
      own.set("192.0.2.2");
      await().until(() -> plans.size() == 2);
      int after = unchanged.get();
      await().until(() -> unchanged.get() > after + 2);
      assertThat(plans)
          .extracting(plan -> plan.pairs().getFirst().tags().get("src_ip"))
          .containsExactly("192.0.2.1", "192.0.2.2");
      assertThat(config).isNotNull();
    }
  }

  @Test
  void aShortKeepaliveIsRenewedThreeTimesWithinIt() {
    assertThat(RegistryConfig.period(300)).isEqualTo(Duration.ofSeconds(30));
    assertThat(RegistryConfig.period(90)).isEqualTo(Duration.ofSeconds(30));
    assertThat(RegistryConfig.period(60)).isEqualTo(Duration.ofSeconds(20));
    assertThat(RegistryConfig.period(10)).isEqualTo(Duration.ofNanos(3_333_333_333L));
  }

  @Test
  void aRegistryThatForgetsWhatItAcknowledgedIsSaidToBeSeveral() {
    status = 404;
    try (RegistryConfig config = follow()) {
      await().until(() -> applier.state().error() != null);
      assertThat(applier.state().error()).contains("several registries behind one name");
      assertThat(config).isNotNull();
    }
  }
}
