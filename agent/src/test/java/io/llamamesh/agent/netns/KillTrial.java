package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Fifty operations a second at agents of which two at a time are killed and started again, and what
 * must hold when all are back: every acknowledged operation is there, none counts twice, and all
 * agents hold the same.
 */
final class KillTrial {

  private static final int OPERATIONS_PER_SECOND = 50;

  /** Times that two are killed between two looks at what all hold. */
  private static final int ROUNDS_BETWEEN_LOOKS = 10;

  private static final Duration EQUAL = Duration.ofSeconds(5);
  private static final int SETS = 32;
  private static final String ALL = "/v1/kv?pattern=trial/**&limit=1000";

  /** A pod's memory limit. */
  private static final long MOST_RESIDENT = 192L << 20;

  /** The store of this trial has some 300 kB. */
  private static final long MOST_ON_DISK = 6L << 20;

  private static final int MOST_FILES = 6;

  private final int nodes;
  private final int kills;
  private final Duration longest;
  private final Random random = new Random(20);
  private final AtomicBoolean paused = new AtomicBoolean();
  private final AtomicInteger busy = new AtomicInteger();
  private final AtomicInteger numbers = new AtomicInteger();
  private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
  private final AtomicInteger counted = new AtomicInteger();
  private final AtomicInteger uncertain = new AtomicInteger();
  private final List<Long> equalAfterMillis = new ArrayList<>();
  private int killed;
  private long mostResident;
  private long mostOnDisk;

  /** Work of one client thread, again and again, on an agent's machine. */
  interface Clients {
    void start(int host, int count, Runnable work);
  }

  /**
   * A trial.
   *
   * @param kills times that two agents are killed
   * @param longest when it ends with fewer
   */
  KillTrial(int nodes, int kills, Duration longest) {
    this.nodes = nodes;
    this.kills = kills;
    this.longest = longest;
  }

  int nodes() {
    return nodes;
  }

  void run(FabricAgents mesh, Clients clients) {
    for (int i = 1; i <= nodes; i++) {
      String url = FabricAgents.url(i);
      clients.start(i, 1, () -> operate(url));
    }
    long end = System.nanoTime() + longest.toNanos();
    for (int round = 1; round <= kills && System.nanoTime() - end < 0; round++) {
      killTwo(mesh);
      if (round % ROUNDS_BETWEEN_LOOKS == 0) {
        look(mesh);
      }
    }
    look(mesh);
  }

  private void operate(String url) {
    LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(nodes) / OPERATIONS_PER_SECOND);
    busy.incrementAndGet();
    try {
      if (paused.get()) {
        return;
      }
      int number = numbers.incrementAndGet();
      if (number % 3 == 0) {
        count(StoreClient.operate(url, "trial/count", "{\"op\": \"increment\", \"field\": \"c\"}"));
      } else {
        String element = "e" + number;
        StoreClient.Outcome outcome =
            StoreClient.operate(
                url,
                "trial/set/" + number % SETS,
                "{\"op\": \"add\", \"field\": \"s\", \"elements\": [\"" + element + "\"]}");
        if (outcome.isAcknowledged()) {
          acknowledged.add(element);
        }
      }
    } finally {
      busy.decrementAndGet();
    }
  }

  private void count(StoreClient.Outcome outcome) {
    if (outcome.isAcknowledged()) {
      counted.incrementAndGet();
    } else if (!outcome.isRefused()) {
      uncertain.incrementAndGet();
    }
  }

  private void killTwo(FabricAgents mesh) {
    int first = 1 + random.nextInt(nodes);
    int second = 1 + (first + random.nextInt(nodes - 1)) % nodes;
    pause(200 + random.nextInt(1_000));
    mesh.agent(first).close();
    pause(random.nextInt(400));
    mesh.agent(second).close();
    killed += 2;
    pause(random.nextInt(600));
    for (int agent : List.of(first, second)) {
      var _ = mesh.restart(agent);
    }
    for (int agent : List.of(first, second)) {
      await()
          .atMost(FabricAgents.SETTLED)
          .pollInterval(Duration.ofMillis(50))
          .ignoreExceptions()
          .until(() -> !mesh.agent(agent).get("/healthz").isEmpty());
    }
  }

  /** What all hold once nobody is away and nothing is written. */
  private void look(FabricAgents mesh) {
    paused.set(true);
    try {
      await().atMost(Duration.ofSeconds(30)).until(() -> busy.get() == 0);
      mesh.awaitStates(mesh.everybody("up"), mesh.all());
      long healed = System.nanoTime();
      await()
          .atMost(EQUAL)
          .pollInterval(Duration.ofMillis(50))
          .ignoreExceptions()
          .until(() -> contents(mesh).size() == 1);
      equalAfterMillis.add((System.nanoTime() - healed) / 1_000_000);
      checkContent(mesh);
      for (int i = 1; i <= nodes; i++) {
        mostResident = Math.max(mostResident, mesh.agent(i).residentBytes());
        mostOnDisk = Math.max(mostOnDisk, bytesOf(mesh.stateFolder(i)));
      }
    } finally {
      paused.set(false);
    }
  }

  private static Set<String> contents(FabricAgents mesh) {
    Set<String> different = new HashSet<>();
    mesh.all().forEach(agent -> different.add(agent.get(ALL)));
    return different;
  }

  private void checkContent(FabricAgents mesh) {
    JsonNode keys = mesh.agent(1 + random.nextInt(nodes)).json(ALL).path("keys");
    Set<String> lost = new TreeSet<>(acknowledged);
    long sum = 0;
    for (JsonNode key : keys) {
      key.at("/value/sets/s").forEach(element -> lost.remove(element.asText()));
      sum += key.at("/value/counters/c").asLong();
    }
    assertThat(lost).as("acknowledged and lost").isEmpty();
    assertThat(sum)
        .as(
            "a counter with %d increments acknowledged, %d uncertain",
            counted.get(), uncertain.get())
        .isBetween((long) counted.get(), (long) counted.get() + uncertain.get());
  }

  private static long bytesOf(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> all =
          files.filter(file -> file.getFileName().toString().startsWith("fabric-")).toList();
      assertThat(all).hasSizeLessThanOrEqualTo(MOST_FILES);
      long bytes = 0;
      for (Path file : all) {
        bytes += Files.size(file);
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void check(FabricAgents mesh) {
    System.out.printf(
        "kills: %d of %d agents, %d operations, %d elements and %d increments acknowledged, %d"
            + " increments uncertain, equal %s ms after healing, most RSS %d MiB, most on disk %d"
            + " KiB%n",
        killed,
        nodes,
        numbers.get(),
        acknowledged.size(),
        counted.get(),
        uncertain.get(),
        equalAfterMillis,
        mostResident >> 20,
        mostOnDisk >> 10);
    assertThat(mesh.all()).allMatch(AgentProcess::alive);
    assertThat(acknowledged).hasSizeGreaterThan(killed);
    assertThat(mostResident).isBetween(1L << 20, MOST_RESIDENT);
    assertThat(mostOnDisk).isBetween(1L, MOST_ON_DISK);
  }

  private static void pause(int millis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }
}
