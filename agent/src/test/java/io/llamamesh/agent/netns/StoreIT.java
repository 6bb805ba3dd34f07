package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llamamesh.testkit.junit.RunsAlone;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The replicated store of real agents, each on a machine of its own, at its limits. */
@InNamespaces
@RunsAlone("it fills heaps and disks")
class StoreIT {

  private static final long MIB = 1L << 20;

  /** Reads texts of a megabyte. */
  private static final JsonMapper JSON = new JsonMapper();

  /** What a pod of an agent may take. */
  private static final long POD_BYTES = 192 * MIB;

  private final List<Thread> clients = new ArrayList<>();
  private final AtomicBoolean done = new AtomicBoolean();
  private FabricAgents mesh;

  @TempDir private Path folder;

  @AfterEach
  void clean() throws InterruptedException {
    done.set(true);
    for (Thread client : clients) {
      client.join(Duration.ofSeconds(20));
    }
    if (mesh != null) {
      mesh.close();
    }
  }

  /** Runs something on threads of a machine, again and again until {@link #done}. */
  private void clients(int host, int count, Runnable work) {
    for (int i = 0; i < count; i++) {
      clients.add(
          mesh.host(host)
              .call(() ->
                  Thread.ofPlatform()
                      .daemon(true)
                      .start(() -> {
                        while (!done.get()) {
                          work.run();
                        }
                      })));
    }
  }

  private void join() throws InterruptedException {
    done.set(true);
    for (Thread client : clients) {
      assertThat(client.join(Duration.ofSeconds(60))).isTrue();
    }
    clients.clear();
    done.set(false);
  }

  @Test
  void largeValuesFromEverywhereDoNotFillTheHeapAndAllThatIsAcknowledgedIsThere() throws Exception {
    int keys = 12;
    mesh = FabricAgents.start(folder, 2, FabricAgents.Load.LIGHT);
    String text = "x".repeat(1_000_000);
    AtomicInteger[] acknowledged =
        Stream.generate(AtomicInteger::new).limit(keys).toArray(AtomicInteger[]::new);
    AtomicInteger[] unknown =
        Stream.generate(AtomicInteger::new).limit(keys).toArray(AtomicInteger[]::new);
    AtomicInteger refused = new AtomicInteger();
    Map<Integer, Integer> statuses = new ConcurrentHashMap<>();
    AtomicInteger next = new AtomicInteger();
    AtomicInteger reads = new AtomicInteger();
    clients(
        1,
        32,
        () -> {
          int key = next.getAndIncrement() % keys;
          StoreClient.Outcome outcome =
              StoreClient.operate(
                  FabricAgents.url(1),
                  "big/" + key,
                  """
                  {"op": "increment", "field": "n"}, {"op": "assign", "field": "r", "value": "%s"}\
                  """
                      .formatted(text));
          statuses.merge(outcome.status(), 1, Integer::sum);
          if (outcome.isAcknowledged()) {
            acknowledged[key].incrementAndGet();
          } else if (outcome.isRefused()) {
            refused.incrementAndGet();
            pause(20);
          } else {
            unknown[key].incrementAndGet();
          }
        });
    clients(
        1,
        16,
        () -> {
          int key = reads.getAndIncrement() % keys;
          if (StoreClient.read(FabricAgents.url(1), "/v1/kv/big/" + key) != 200) {
            pause(20); // refused, or not there yet
          }
        });
    // All of it goes to an agent that has nothing, twice.
    long largest = 0;
    for (int round = 0; round < 2; round++) {
      int before = total(acknowledged);
      await().atMost(Duration.ofSeconds(60)).until(() -> total(acknowledged) >= before + 2 * keys);
      largest = Math.max(largest, mesh.agent(1).residentBytes());
      mesh.agent(2).close();
      delete(mesh.stateFolder(2));
      var _ = mesh.restart(2);
      await().ignoreExceptions().atMost(FabricAgents.SETTLED).until(() -> isReady(2));
    }
    join();

    assertThat(mesh.all()).allMatch(AgentProcess::alive);
    assertThat(largest).isBetween(MIB, POD_BYTES);
    JsonNode values = values(1);
    assertThat(values.size()).isEqualTo(keys);
    for (int i = 0; i < keys; i++) {
      JsonNode value = read(1, "/v1/kv/big/" + i).path("value");
      assertThat(value.at("/counters/n").asInt())
          .isBetween(acknowledged[i].get(), acknowledged[i].get() + unknown[i].get());
      assertThat(value.at("/registers/r").asText()).hasSize(text.length());
    }
    assertThat(refused.get()).isPositive();
    assertThat(mesh.agent(1).metric("llamamesh_fabric_store_requests_refused_total")).isPositive();
    await().atMost(Duration.ofSeconds(30)).until(() -> values(1).equals(values(2)));
    System.out.printf(
        "busy heap: 1 MB each, by status %s, %d reads, RSS %d MiB%n",
        statuses, reads.get(), largest / MIB);
  }

  @Test
  void whatIsAcknowledgedWhileAnAgentEndsIsHandedOver() throws Exception {
    mesh = FabricAgents.start(folder, 2, FabricAgents.Load.LIGHT);
    Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    Set<Integer> statuses = ConcurrentHashMap.newKeySet();
    AtomicInteger next = new AtomicInteger();
    clients(
        2,
        4,
        () -> {
          String element = "e" + next.incrementAndGet();
          StoreClient.Outcome outcome =
              StoreClient.operate(
                  FabricAgents.url(2),
                  "drain/" + element.hashCode() % 16,
                  "{\"op\": \"add\", \"field\": \"s\", \"elements\": [\"" + element + "\"]}");
          statuses.add(outcome.status());
          if (outcome.isAcknowledged()) {
            acknowledged.add(element);
          } else {
            pause(5);
          }
        });
    await().until(() -> acknowledged.size() > 100);
    mesh.agent(2).signal("TERM");
    assertThat(mesh.agent(2).awaitEnd()).isZero();
    join();
    delete(mesh.stateFolder(2));

    assertThat(statuses).contains(200, 503);
    Set<String> kept = elements(mesh.agent(1).json("/v1/kv?pattern=drain/*&limit=1000"));
    assertThat(kept).containsAll(acknowledged);
  }

  @Test
  void agentsThatAreKilledAtRandomMomentsLoseNothingAndAgreeSoonAfter() throws Exception {
    WriteTrial trial = trial(Integer.getInteger("llamamesh.agents", 4), 50);
    trial.run(
        mesh,
        this::clients,
        Integer.getInteger("llamamesh.kills", 3),
        Duration.ofSeconds(Integer.getInteger("llamamesh.kills.seconds", 3_600)),
        (agents, round) -> trial.killTwo(agents));
    join();
    trial.check(mesh);
  }

  @Test
  void agentsThatAreReplacedInTurnByOnesWithoutADiskKeepAllThatIsAcknowledged() throws Exception {
    int agents = Integer.getInteger("llamamesh.agents", 0);
    Assumptions.assumeTrue(
        agents > 0, "by request: -Dllamamesh.agents=10; two are at times not equal within 5 s");
    WriteTrial trial = trial(agents, 10);
    trial.run(mesh, this::clients, mesh.count(), Duration.ofHours(1), trial::replace);
    join();
    trial.check(mesh);
  }

  private WriteTrial trial(int agents, int perSecond) {
    mesh = FabricAgents.start(folder, agents, FabricAgents.Load.LIGHT);
    return new WriteTrial(agents, perSecond);
  }

  private boolean isReady(int agent) {
    return mesh.agent(agent).get("/readyz").contains("true");
  }

  private JsonNode read(int agent, String path) {
    try {
      return JSON.readTree(mesh.agent(agent).get(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The large values at an agent. */
  private JsonNode values(int agent) {
    return read(agent, "/v1/kv?pattern=big/*&limit=1000").path("keys");
  }

  private static Set<String> elements(JsonNode list) {
    Set<String> elements = ConcurrentHashMap.newKeySet();
    list.path("keys")
        .forEach(key -> key.at("/value/sets/s").forEach(e -> elements.add(e.asText())));
    return elements;
  }

  private static int total(AtomicInteger[] counts) {
    return IntStream.range(0, counts.length).map(i -> counts[i].get()).sum();
  }

  private static void pause(int millis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
