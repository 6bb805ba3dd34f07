package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.client.ClientException;
import io.llamamesh.client.ClientOptions;
import io.llamamesh.client.WindowPage;
import io.llamamesh.client.WindowsClient;
import io.llamamesh.results.Point;
import io.llamamesh.results.WindowCursor;
import io.llamamesh.testkit.chart.Dist;
import io.llamamesh.testkit.store.FakeStoreServer;
import io.llamamesh.testkit.store.SimulatedStoreScript;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Agents and two scrapers as processes, windows of a second, before a store that answers whatever
 * it likes. Agents crash and find their folder again, or are deleted as a pod is: SIGTERM, and the
 * folder gone. Scrapers crash or end.
 *
 * <p>A witness reads every agent beside. What it saw is in the store at the end, or was in the
 * memory alone of an agent that crashed, or is counted in a log line with the agent's name. {@code
 * -Dllamamesh.schedules=200} runs as many; each takes a minute.
 */
@Isolated("windows must be on the disk in time")
class NothingIsLostProcessesIT {
  private static final int AGENTS = 3;
  private static final int STEPS = 14;

  /** Windows reach the disk within so long; a crash may lose those that have not. */
  private static final Duration UNWRITTEN = Duration.ofSeconds(3);

  private static final Duration SETTLE = Duration.ofSeconds(60);
  private static final Pattern LEFT = Pattern.compile("unread windows not uploaded .*left=(\\d+)");
  private static final Pattern MISSED =
      Pattern.compile("no longer retained by the agent agent=(\\S+) windows=(\\d+)");
  private static final Pattern STORED =
      Pattern.compile(
          "^raw_stats,(?:.*,)?dst_name=([^, ]+),(?:.*,)?src_name=([^, ]+)[^ ]* .* (\\d+)$");
  private static final int PAGE = 100;

  @TempDir private Path folder;
  private final List<Agent> agents = new ArrayList<>();
  private final List<Scraper> scrapers = new ArrayList<>();
  private final WindowsClient windows =
      new WindowsClient(ClientOptions.standard().withTimeout(Duration.ofSeconds(2)));
  private final CountDownLatch over = new CountDownLatch(1);

  /** An agent's window. */
  private record Window(String agent, Instant end) implements Comparable<Window> {
    @Override
    public int compareTo(Window other) {
      return Comparator.comparing(Window::agent).thenComparing(Window::end).compare(this, other);
    }
  }

  static LongStream schedules() {
    long first = Long.getLong("llamamesh.schedules.first", 1);
    return LongStream.range(first, first + Integer.getInteger("llamamesh.schedules", 1));
  }

  @AfterEach
  void end() throws InterruptedException {
    over.countDown();
    for (Agent agent : agents) {
      agent.process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
    for (Scraper scraper : scrapers) {
      scraper.process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
    windows.close();
  }

  @ParameterizedTest
  @MethodSource("schedules")
  void everyWindowIsStoredOrCounted(long seed) throws Exception {
    Random random = new Random(seed);
    try (FakeStoreServer store = new FakeStoreServer()) {
      SimulatedStoreScript answers =
          new SimulatedStoreScript(new Random(~seed), line -> SimulatedStoreScript.Fault.NONE);
      store.script(answers);
      List<Integer> ports = freePorts(AGENTS + 4);
      for (int i = 0; i < AGENTS; i++) {
        agents.add(new Agent("agent-" + i, ports.get(i)));
      }
      for (int i = 0; i < 2; i++) {
        int page = ports.get(AGENTS + 2 * i);
        int ingest = ports.get(AGENTS + 2 * i + 1);
        scrapers.add(new Scraper("scraper-" + i, page, ingest, store.url(), random.nextBoolean()));
      }
      for (Agent agent : agents) {
        agent.configure(scrapers.get(random.nextInt(2)).ingest);
        agent.start();
      }
      for (Scraper scraper : scrapers) {
        scraper.start();
      }
      Thread witness = Thread.ofVirtual().start(this::witness);
      awaitNewWindows();
      for (int step = 0; step < STEPS; step++) {
        act(random);
        // Often the next thing happens before all have recovered from this one.
        if (random.nextBoolean()) {
          awaitNewWindows();
        }
        var _ = over.await(random.nextInt(200, 1_500), TimeUnit.MILLISECONDS);
      }
      awaitNewWindows();
      answers.recover();

      over.countDown();
      witness.join(Duration.ofSeconds(5));
      await()
          .atMost(SETTLE)
          .pollInterval(Duration.ofMillis(500))
          .untilAsserted(
              () -> assertThat(unexcused(missing(answers))).as(() -> logs(answers)).isEmpty());
      Set<Window> missing = missing(answers);
      System.out.printf(
          "schedule %d: %d windows seen, %d of them not stored: %d in memory alone at a crash, %d counted%n",
          seed,
          agents.stream().mapToInt(agent -> agent.seen.size()).sum(),
          missing.size(),
          missing.stream().filter(this::diedInMemory).count(),
          missing.stream().filter(window -> !diedInMemory(window)).count());
    }
  }

  /** Waits until every agent has published again. */
  private void awaitNewWindows() {
    Instant since = Instant.now();
    await()
        .alias("agents publish")
        .atMost(SETTLE)
        .until(() -> agents.stream().allMatch(agent -> agent.hasPublishedSince(since)));
  }

  private void witness() {
    try {
      do {
        for (Agent agent : agents) {
          agent.read();
        }
      } while (!over.await(150, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One thing that happens to a process; it is started anew at once. */
  private void act(Random random) throws Exception {
    Agent agent = agents.get(random.nextInt(AGENTS));
    Scraper scraper = scrapers.get(random.nextInt(2));
    switch (random.nextInt(7)) {
      case 0 -> {
        agent.crash();
        agent.start();
      }
      case 1, 2 -> {
        agent.delete();
        agent.configure(scraper.ingest);
        agent.start();
      }
      case 3 -> {
        scraper.kill();
        scraper.start();
      }
      case 4 -> {
        scraper.end();
        scraper.start();
      }
      default -> {}
    }
  }

  private Set<Window> missing(SimulatedStoreScript answers) {
    Map<Window, Set<String>> missing = new HashMap<>();
    for (Agent agent : agents) {
      agent.seen.forEach((window, peers) -> missing.put(window, new HashSet<>(peers)));
    }
    for (String line : answers.taken()) {
      Matcher stored = STORED.matcher(line);
      if (stored.find()) {
        Instant end = Instant.ofEpochMilli(Long.parseLong(stored.group(3)));
        Set<String> peers = missing.get(new Window(stored.group(2), end));
        if (peers != null) {
          peers.remove(stored.group(1));
        }
      }
    }
    missing.values().removeIf(Set::isEmpty);
    return new TreeSet<>(missing.keySet());
  }

  /** Those that nothing accounts for. */
  private Set<Window> unexcused(Set<Window> missing) throws IOException {
    Map<String, Long> counted = counted();
    Set<Window> unexcused = new TreeSet<>();
    for (Window window : missing) {
      if (!diedInMemory(window) && counted.merge(window.agent(), -1L, Long::sum) < 0) {
        unexcused.add(window);
      }
    }
    return unexcused;
  }

  private boolean diedInMemory(Window window) {
    return agents.stream()
        .filter(agent -> agent.name.equals(window.agent()))
        .flatMap(agent -> agent.crashes.stream())
        .anyMatch(
            crash -> window.end().isBefore(crash) && window.end().isAfter(crash.minus(UNWRITTEN)));
  }

  /** Windows that agents and scrapers said were given up, by agent. */
  private Map<String, Long> counted() throws IOException {
    Map<String, Long> counted = new HashMap<>();
    for (Agent agent : agents) {
      for (String line : agent.logLines()) {
        Matcher left = LEFT.matcher(line);
        if (left.find()) {
          counted.merge(agent.name, Long.valueOf(left.group(1)), Long::sum);
        }
      }
    }
    for (Scraper scraper : scrapers) {
      for (String line : scraper.logLines()) {
        Matcher missed = MISSED.matcher(line);
        if (missed.find()) {
          counted.merge(nameOf(missed.group(1)), Long.valueOf(missed.group(2)), Long::sum);
        }
      }
    }
    return counted;
  }

  /** Before a scraper knows an agent's name it calls it by its address. */
  private String nameOf(String agent) {
    return agents.stream()
        .filter(one -> agent.endsWith(":" + one.port))
        .map(one -> one.name)
        .findFirst()
        .orElse(agent);
  }

  private String logs(SimulatedStoreScript answers) {
    StringBuilder logs = new StringBuilder("lines stored: " + answers.taken().size());
    try {
      for (Agent agent : agents) {
        logs.append("\n\n").append(agent.name).append(" crashed ").append(agent.crashes);
        agent.logLines().forEach(line -> logs.append('\n').append(line));
      }
      for (Scraper scraper : scrapers) {
        logs.append("\n\n").append(scraper.name);
        scraper.logLines().forEach(line -> logs.append('\n').append(line));
      }
    } catch (IOException e) {
      logs.append(e);
    }
    return logs.toString();
  }

  private static List<Integer> freePorts(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      return sockets.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    }
  }

  /** A program that is started anew whenever it has ended, with a log file for each life. */
  private abstract class Program {
    final String name;
    private final String component;
    private int lives;
    Process process;

    Program(String component, String name) {
      this.component = component;
      this.name = name;
    }

    abstract List<String> arguments();

    void start() throws IOException {
      process = Dist.start(component, folder, name + "." + lives++, Map.of(), arguments());
    }

    void kill() throws InterruptedException {
      process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }

    void end() throws InterruptedException {
      process.destroy();
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).as(name + " ends").isTrue();
    }

    List<String> logLines() throws IOException {
      List<String> lines = new ArrayList<>();
      for (int life = 0; life < lives; life++) {
        lines.addAll(Files.readAllLines(folder.resolve(name + "." + life + ".log")));
      }
      return lines;
    }
  }

  private final class Scraper extends Program {
    final int ingest;
    private final int page;
    private final String url;
    private final boolean v1;

    Scraper(String name, int page, int ingest, String url, boolean v1) {
      super("scraper", name);
      this.page = page;
      this.ingest = ingest;
      this.url = url;
      this.v1 = v1;
    }

    @Override
    List<String> arguments() {
      List<String> arguments =
          new ArrayList<>(
              List.of(
                  "scraper",
                  "--collectors="
                      + String.join(
                          ",", agents.stream().map(agent -> "127.0.0.1:" + agent.port).toList()),
                  "--bind=127.0.0.1",
                  "--port=" + page,
                  "--ingest-port=" + ingest,
                  "--interval=1s",
                  "--cursor-file=" + folder.resolve(name + ".cursors"),
                  "--influxdb-url=" + url));
      // The store knows its clients by these.
      arguments.addAll(
          v1
              ? List.of("--influxdb-database=" + name)
              : List.of("--influxdb-org=o", "--influxdb-bucket=" + name));
      return arguments;
    }
  }

  private final class Agent extends Program {
    final int port;
    final Map<Window, Set<String>> seen = new ConcurrentHashMap<>();
    final List<Instant> crashes = new ArrayList<>();
    private final Path state;
    private @Nullable WindowCursor cursor;

    Agent(String name, int port) {
      super("agent", name);
      this.port = port;
      this.state = folder.resolve(name);
    }

    @Override
    List<String> arguments() {
      return List.of(
          "agent",
          "--config=" + folder.resolve(name + ".yaml"),
          "--bind=127.0.0.1",
          "--port=" + port,
          "--api-port=" + port,
          "--state-dir=" + state);
    }

    void configure(int ingest) throws IOException {
      StringBuilder targets = new StringBuilder();
      for (Agent peer : agents) {
        if (peer != this) {
          targets.append(
              """
                  - {ip: 127.0.0.1, port: %d, tags: {src_name: %s, dst_name: %s}}
              """
                  .formatted(peer.port, name, peer.name));
        }
      }
      Files.writeString(
          folder.resolve(name + ".yaml"),
          """
          summarization: {interval: 1, handlers: 1}
          ports: {default: {ip: 127.0.0.1, port: 0, tos: 0, timeout: 200}}
          port_groups: {default: [{port: default, count: 1}]}
          rate_limits: {default: {cps: 5.0}}
          tests: [{targets: default, port_group: default, rate_limit: default}]
          ingest: {url: "http://127.0.0.1:%d/ingest"}
          targets:
            default:
          %s\
          """
              .formatted(ingest, targets));
    }

    void crash() throws InterruptedException {
      kill();
      crashes.add(Instant.now());
    }

    /** What becomes of a pod that is deleted: it may end in peace, and its folder goes with it. */
    void delete() throws IOException, InterruptedException {
      end();
      if (Files.exists(state)) {
        try (Stream<Path> files = Files.walk(state)) {
          for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(file);
          }
        }
      }
    }

    boolean hasPublishedSince(Instant moment) {
      return seen.keySet().stream().anyMatch(window -> window.end().isAfter(moment));
    }

    /** Reads what is published now. */
    void read() throws InterruptedException {
      try {
        WindowPage page = windows.after(URI.create("http://127.0.0.1:" + port), cursor, PAGE);
        for (Point point : page.points()) {
          if (point.measurement().equals(Point.RAW_STATS)) {
            seen.computeIfAbsent(
                    new Window(name, point.time()), window -> ConcurrentHashMap.newKeySet())
                .add(String.valueOf(point.tags().get(Point.Tags.DST_NAME)));
          }
        }
        cursor = page.cursor() == null ? cursor : page.cursor();
      } catch (ClientException e) {
        // It is down.
      }
    }
  }
}
