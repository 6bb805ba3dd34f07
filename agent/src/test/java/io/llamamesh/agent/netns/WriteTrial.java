package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Operations of every data type through all agents while some of these are killed or replaced, and
 * what must hold when all are back: every acknowledged operation is there, none counts twice, all
 * agents hold the same, and memory and disk are bounded.
 */
final class WriteTrial {

  /** Rounds between two looks at what all hold. */
  private static final int ROUNDS_BETWEEN_LOOKS = 10;

  private static final Duration EQUAL = Duration.ofSeconds(5);
  private static final String ALL = "/v1/kv?pattern=**&limit=1000";

  /** A pod's memory limit. */
  private static final long MOST_RESIDENT = 192L << 20;

  /** The store of this trial has some 300 kB. */
  private static final long MOST_ON_DISK = 6L << 20;

  private static final int MOST_FILES = 6;

  private final int nodes;
  private final int perSecond;
  private final Random random = new Random(20);
  private final AtomicBoolean paused = new AtomicBoolean();
  private final AtomicInteger busy = new AtomicInteger();
  private final List<WriteLedger> ledgers;
  private final List<Long> togetherAfterMillis = new ArrayList<>();
  private final List<Long> equalAfterMillis = new ArrayList<>();
  private final List<Long> resident = new ArrayList<>();
  private final List<Long> onDisk = new ArrayList<>();
  private final List<Long> folders = new ArrayList<>();
  private int ended;
  private long writtenNanos;

  /** Work of one client thread, again and again, on an agent's machine. */
  interface Clients {
    void start(int host, int count, Runnable work);
  }

  /** What happens to agents in a round, from 1. */
  interface Round {
    void run(FabricAgents mesh, int round);
  }

  /**
   * A trial.
   *
   * @param perSecond operations a second of all clients together
   */
  WriteTrial(int nodes, int perSecond) {
    this.nodes = nodes;
    this.perSecond = perSecond;
    this.ledgers = IntStream.rangeClosed(1, nodes).mapToObj(WriteLedger::new).toList();
  }

  /**
   * Writes through so many rounds.
   *
   * @param longest when it ends with fewer
   */
  void run(FabricAgents mesh, Clients clients, int rounds, Duration longest, Round each) {
    measure(mesh);
    for (int i = 1; i <= nodes; i++) {
      Client client = new Client(ledgers.get(i - 1));
      clients.start(i, 1, client::operate);
    }
    long end = System.nanoTime() + longest.toNanos();
    long writing = System.nanoTime();
    for (int round = 1; round <= rounds && System.nanoTime() - end < 0; round++) {
      each.run(mesh, round);
      if (round % ROUNDS_BETWEEN_LOOKS == 0) {
        writtenNanos += System.nanoTime() - writing;
        look(mesh);
        writing = System.nanoTime();
      }
    }
    writtenNanos += System.nanoTime() - writing;
    look(mesh);
  }

  /** One thread that operates at its agent in its turn. */
  private final class Client {
    private final WriteLedger ledger;
    private long due = System.nanoTime();

    Client(WriteLedger ledger) {
      this.ledger = ledger;
    }

    void operate() {
      long interval = TimeUnit.SECONDS.toNanos(nodes) / perSecond;
      long now = System.nanoTime();
      due = Math.max(due + interval, now - interval);
      LockSupport.parkNanos(due - now);
      busy.incrementAndGet();
      try {
        if (!paused.get()) {
          ledger.operate();
        }
      } finally {
        busy.decrementAndGet();
      }
    }
  }

  /** Kills two at random moments, and starts them again. */
  void killTwo(FabricAgents mesh) {
    int first = 1 + random.nextInt(nodes);
    int second = 1 + (first + random.nextInt(nodes - 1)) % nodes;
    pause(200 + random.nextInt(1_000));
    mesh.agent(first).close();
    pause(random.nextInt(400));
    mesh.agent(second).close();
    ended += 2;
    pause(random.nextInt(600));
    for (int agent : List.of(first, second)) {
      var _ = mesh.restart(agent);
    }
    for (int agent : List.of(first, second)) {
      awaitAnswer(mesh, agent, "/healthz", "");
    }
  }

  /** Ends an agent in order, and starts one without its disk, as a new pod is. */
  void replace(FabricAgents mesh, int agent) {
    mesh.agent(agent).signal("TERM");
    assertThat(mesh.agent(agent).awaitEnd()).isZero();
    ended++;
    ledgers.get(agent - 1).onlyAdd(true);
    mesh.emptyState(agent);
    var _ = mesh.restart(agent);
    awaitAnswer(mesh, agent, "/readyz", "true");
    ledgers.get(agent - 1).onlyAdd(false);
  }

  private static void awaitAnswer(FabricAgents mesh, int agent, String path, String part) {
    await()
        .atMost(FabricAgents.SETTLED)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptions()
        .until(() -> mesh.agent(agent).get(path).contains(part));
  }

  /** What all hold once nobody is away and nothing is written. */
  private void look(FabricAgents mesh) {
    paused.set(true);
    try {
      await().atMost(Duration.ofSeconds(30)).until(() -> busy.get() == 0);
      long returned = System.nanoTime();
      mesh.awaitStates(mesh.everybody("up"), mesh.all());
      long healed = System.nanoTime();
      await()
          .atMost(EQUAL)
          .pollInterval(Duration.ofMillis(50))
          .ignoreExceptions()
          .until(() -> contents(mesh).size() == 1);
      togetherAfterMillis.add((healed - returned) / 1_000_000);
      equalAfterMillis.add((System.nanoTime() - healed) / 1_000_000);
      WriteLedger.check(ledgers, mesh.agent(1 + random.nextInt(nodes)).json(ALL).path("keys"));
      measure(mesh);
    } finally {
      paused.set(false);
    }
  }

  /** Takes the largest memory, store and state folder of all agents. */
  private void measure(FabricAgents mesh) {
    long mostResident = 0;
    long mostOnDisk = 0;
    long largestFolder = 0;
    for (int i = 1; i <= nodes; i++) {
      mostResident = Math.max(mostResident, mesh.agent(i).residentBytes());
      mostOnDisk = Math.max(mostOnDisk, bytesOf(fabricFiles(mesh.stateFolder(i))));
      largestFolder = Math.max(largestFolder, bytesOf(filesIn(mesh.stateFolder(i))));
    }
    resident.add(mostResident);
    onDisk.add(mostOnDisk);
    folders.add(largestFolder);
  }

  private static Set<String> contents(FabricAgents mesh) {
    Set<String> different = new HashSet<>();
    mesh.all().forEach(agent -> different.add(agent.get(ALL)));
    return different;
  }

  private static List<Path> fabricFiles(Path folder) {
    List<Path> files =
        filesIn(folder).stream()
            .filter(file -> file.getFileName().toString().startsWith("fabric-"))
            .toList();
    assertThat(files).hasSizeLessThanOrEqualTo(MOST_FILES);
    return files;
  }

  private static List<Path> filesIn(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Files::isRegularFile).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long bytesOf(List<Path> files) {
    // One that has just been replaced has none.
    return files.stream().mapToLong(file -> file.toFile().length()).sum();
  }

  void check(FabricAgents mesh) {
    int acknowledged = ledgers.stream().mapToInt(WriteLedger::acknowledged).sum();
    Map<Integer, Integer> statuses = new TreeMap<>();
    ledgers.forEach(ledger ->
        ledger.statuses().forEach((status, n) -> statuses.merge(status, n, Integer::sum)));
    int operations = statuses.values().stream().mapToInt(Integer::intValue).sum();
    System.out.printf(
        "writes: %d ends of %d agents, %d operations by status %s (0 no answer, -1 nobody there),"
            + " %.1f/s of which %.1f/s acknowledged, %d uncertain%n"
            + "all up after ms %s%nthen equal after ms %s%n"
            + "largest RSS MiB %s%nlargest store KiB %s%nlargest state folder KiB %s%n",
        ended,
        nodes,
        operations,
        statuses,
        operations * 1e9 / writtenNanos,
        acknowledged * 1e9 / writtenNanos,
        ledgers.stream().mapToInt(WriteLedger::uncertain).sum(),
        togetherAfterMillis,
        equalAfterMillis,
        resident.stream().map(bytes -> bytes >> 20).toList(),
        onDisk.stream().map(bytes -> bytes >> 10).toList(),
        folders.stream().map(bytes -> bytes >> 10).toList());
    assertThat(mesh.all()).allMatch(AgentProcess::alive);
    assertThat(acknowledged).isGreaterThan(ended);
    assertThat(resident).allSatisfy(bytes -> assertThat(bytes).isBetween(1L << 20, MOST_RESIDENT));
    assertThat(onDisk).allSatisfy(bytes -> assertThat(bytes).isBetween(1L, MOST_ON_DISK));
  }

  private static void pause(int millis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }
}
