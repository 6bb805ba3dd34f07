package io.llamamesh.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Probes as processes on hosts of their own, a third of them behind routers that translate their
 * addresses, in two groups. One dies, one changes its address, two have one name, and the registry
 * is killed several times and away for a while.
 *
 * <p>No window that a probe measured is missing in the store, none is there twice, nobody is
 * forgotten before its keepalive, and nobody is restarted.
 *
 * <p>{@code -Dllamamesh.outside.probes=30 -Dllamamesh.outside.kills=20
 * -Dllamamesh.outside.away=600} is the large form; {@code -Dllamamesh.outside.seed} chooses the
 * pauses.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "network namespaces are Linux's")
class OutsideScenarioIT {
  private static final JsonMapper JSON = new JsonMapper();
  private static final int PROBES = Integer.getInteger("llamamesh.outside.probes", 6);
  private static final int KILLS = Integer.getInteger("llamamesh.outside.kills", 3);
  private static final int AWAY_SECONDS = Integer.getInteger("llamamesh.outside.away", 3);
  private static final long SEED = Long.getLong("llamamesh.outside.seed", 1);

  /** Of the large form the store keeps many. */
  private static final int INTERVAL_SECONDS = PROBES > 12 ? 5 : 1;

  /** Of the one that dies, once it is listed; others have the usual one, longer than the test. */
  private static final int SHORT_KEEPALIVE_SECONDS = 10;

  private static final String REGISTRY = "http://" + OutsideNetwork.SERVER + ":5000";
  private static final String NEW_ADDRESS = "203.0.113.99";
  private static final String TWIN = "twin";
  private static final Pattern STORED =
      Pattern.compile(
          "^raw_stats,(?:.*,)?dst_name=([^, ]+),(?:.*,)?src_name=([^, ]+)[^ ]* .* (\\d+)$");

  @TempDir private Path folder;

  private final Random random = new Random(SEED);

  /**
   * A probe.
   *
   * @param host where it runs, which is also the name of its process
   * @param name in the matrix
   * @param behindRouter whether it posts its windows
   */
  private record Probe(String host, String name, String group, boolean behindRouter) {}

  private static ConditionFactory eventually() {
    return Awaitility.await()
        .atMost(Duration.ofMinutes(3))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(250));
  }

  private final List<Probe> probes = new ArrayList<>();
  private final Set<String> dead = new HashSet<>();

  private Programs programs;
  private OutsideNetwork network;

  @Test
  void noWindowIsLostOrDoubledAndNobodyIsForgotten() throws Exception {
    Assumptions.assumeTrue(
        Integer.getInteger("llamamesh.outside.probes") != null,
        "takes minutes and minds time: -Dllamamesh.outside.probes=6 or 30 runs it");
    Assumptions.assumeTrue(
        Tool.exists("ip")
            && Tool.exists("nft")
            && Tool.exists("curl")
            && Tool.call("id", "-u").strip().equals("0"),
        "needs root, iproute2, nftables and curl, for network namespaces");
    int behind = PROBES / 3;
    int sites = behind < 4 ? 1 : 2;
    List<String> hosts = new ArrayList<>();
    List<List<String>> behindRouters = new ArrayList<>();
    for (int i = 1; i <= PROBES - behind; i++) {
      hosts.add("p" + i);
      // Of the fourth, and of the last behind a router, the name is the same.
      probes.add(new Probe("p" + i, i == 4 ? TWIN : "p" + i, i % 2 == 1 ? "a" : "b", false));
    }
    for (int site = 0; site < sites; site++) {
      behindRouters.add(new ArrayList<>());
    }
    for (int i = 1; i <= behind; i++) {
      behindRouters.get(i % sites).add("e" + i);
      probes.add(
          new Probe(
              "e" + i, i == behind ? TWIN : "e" + i, i == behind || i % 2 == 0 ? "b" : "a", true));
    }
    try (OutsideNetwork made = OutsideNetwork.make(hosts, behindRouters);
        Programs started = new Programs(folder)) {
      network = made;
      programs = started;
      play();
    }
  }

  private void play() throws Exception {
    Probe moves = probes.getFirst();
    Probe dies = probes.get(1);
    Probe first = probes.get(3);
    Probe second = probes.getLast();
    startServer();
    dead.add(dies.host());
    for (Probe probe : probes) {
      if (!probe.equals(dies) && !probe.equals(second)) {
        start(probe, 300);
      }
    }
    eventually().untilAsserted(() -> assertAllListed());
    start(second, 300);
    start(dies, SHORT_KEEPALIVE_SECONDS);
    eventually().until(() -> listed().containsKey(dies.name()));
    // The registry writes what it knows once a second, and the dead do not come back to tell it.
    awaitWindows(2);
    programs.kill(dies.host());
    Instant registered = createDate(dies);
    eventually().until(() -> conflicting().contains(TWIN));
    network.changeAddress(moves.host(), NEW_ADDRESS);
    for (int kill = 1; kill <= KILLS; kill++) {
      programs.kill("registry");
      startRegistry();
      awaitRegistry();
      // What it says first is what counts: from its file, before anybody has come back.
      assertAllListed();
      awaitWindows(random.nextInt(3));
    }
    programs.kill("registry");
    awaitWindows(Math.max(1, AWAY_SECONDS / INTERVAL_SECONDS));
    startRegistry();
    awaitRegistry();
    assertAllListed();

    Instant[] gone = {null};
    eventually()
        .untilAsserted(() -> {
          assertAllListed();
          Map<String, JsonNode> listed = listed();
          if (listed.containsKey(dies.name())) {
            gone[0] = null;
          } else if (gone[0] == null) {
            gone[0] = Instant.now();
          }
          assertThat(gone[0]).as("it leaves").isNotNull();
          assertThat(listed.get(moves.name()).path("ip").asText()).isEqualTo(NEW_ADDRESS);
        });
    assertThat(Duration.between(registered, gone[0]))
        .as("not before its keepalive")
        .isGreaterThan(Duration.ofSeconds(SHORT_KEEPALIVE_SECONDS));
    // It learns of it with its next request.
    eventually()
        .untilAsserted(
            () -> assertThat(programs.logOf(first.host())).contains("has the name '" + TWIN + "'"));
    assertThat(programs.logOf(second.host())).doesNotContain("has the name");
    eventually().untilAsserted(() -> assertThat(conflicting()).containsExactly(TWIN));

    checkWindows();
    for (Probe probe : probes) {
      assertThat(programs.isAlive(probe.host()))
          .as(probe + programs.logs())
          .isEqualTo(!dead.contains(probe.host()));
    }
  }

  private void startServer() throws Exception {
    Path stored = folder.resolve("stored");
    Files.createFile(stored);
    programs.start("store", network.in("server"), List.of("store", stored.toString()));
    startRegistry();
    Matcher url =
        eventually()
            .until(
                () -> Pattern.compile("store on (\\S+)").matcher(programs.logOf("store")),
                Matcher::find);
    programs.start(
        "scraper",
        network.in("server"),
        List.of(
            "scraper",
            "--bind=" + OutsideNetwork.SERVER,
            "--registry=" + REGISTRY,
            "--influxdb-url=" + url.group(1),
            "--influxdb-database=llama"));
    awaitRegistry();
  }

  private void startRegistry() throws IOException, InterruptedException {
    programs.start(
        "registry",
        network.in("server"),
        List.of(
            "registry",
            "--interval=" + INTERVAL_SECONDS,
            "--host=" + OutsideNetwork.SERVER,
            "--open",
            "--state-dir=" + folder.resolve("registry-state")));
  }

  private void awaitRegistry() {
    eventually()
        .ignoreExceptions()
        .until(() -> network.get("server", REGISTRY + "/healthz").startsWith("ok"));
  }

  private void start(Probe probe, int keepalive) throws IOException, InterruptedException {
    List<String> prefix = new ArrayList<>(network.in(probe.host()));
    prefix.addAll(List.of("env", "LLAMA_KEEPALIVE=" + keepalive));
    List<String> args =
        new ArrayList<>(
            List.of(
                "agent",
                "--register=" + REGISTRY,
                "--name=" + probe.name(),
                "--group=" + probe.group(),
                "--state-dir=" + folder.resolve(probe.host() + "-state")));
    if (probe.behindRouter()) {
      args.add("--push=http://" + OutsideNetwork.SERVER + ":8081");
      args.add("--push-plaintext");
    }
    programs.start(probe.host(), prefix, args);
  }

  /** Entries by the names of their probes. */
  private Map<String, JsonNode> listed() throws Exception {
    Map<String, JsonNode> entries = new TreeMap<>();
    for (JsonNode group : JSON.readTree(network.get("server", REGISTRY + "/api/v1/list"))) {
      for (JsonNode entry : group) {
        entries.put(entry.path("tags").path("probe_name").asText(), entry);
      }
    }
    return entries;
  }

  /** All that run are listed, each in its group. */
  private void assertAllListed() throws Exception {
    Map<String, JsonNode> listed = listed();
    for (Probe probe : probes) {
      boolean runs = !dead.contains(probe.host()) && !probe.equals(probes.getLast());
      if (runs) {
        assertThat(listed).as(probe.name() + programs.logs()).containsKey(probe.name());
        assertThat(listed.get(probe.name()).path("group").asText()).isEqualTo(probe.group());
      }
    }
  }

  private Set<String> conflicting() throws Exception {
    Set<String> names = new TreeSet<>();
    JsonNode conflicts = JSON.readTree(network.get("server", REGISTRY + "/api/v1/conflicts"));
    for (JsonNode conflict : conflicts) {
      names.add(conflict.path("probe").asText().replaceAll(" .*", ""));
    }
    return names;
  }

  private Instant createDate(Probe probe) throws Exception {
    return LocalDateTime.parse(listed().get(probe.name()).path("create_date").asText())
        .atZone(ZoneId.systemDefault())
        .toInstant();
  }

  /** Lets so many windows pass, by the clock of one that measures. */
  private void awaitWindows(int windows) throws Exception {
    Probe witness = probes.get(2);
    Instant from = newest(witness);
    Instant until = from.plusSeconds((long) windows * INTERVAL_SECONDS);
    eventually()
        .atMost(Duration.ofMinutes(3).plusSeconds(AWAY_SECONDS))
        .until(() -> !newest(witness).isBefore(until));
  }

  private Instant newest(Probe probe) throws Exception {
    return measured(probe).values().stream()
        .flatMap(times -> times.stream())
        .max(Instant::compareTo)
        .orElse(Instant.EPOCH);
  }

  /** Ends of the windows that a probe measured and retains, by destination. */
  private Map<String, Set<Instant>> measured(Probe probe) throws Exception {
    Map<String, Set<Instant>> windows = new TreeMap<>();
    JsonNode points =
        JSON.readTree(
            network.get(probe.host(), "http://127.0.0.1:8100/influxdata?after=0:0&limit=1000"));
    for (JsonNode point : points) {
      if (point.path("measurement").asText().equals("raw_stats")) {
        windows
            .computeIfAbsent(point.path("tags").path("dst_name").asText(), name -> new TreeSet<>())
            .add(Instant.parse(point.path("time").asText()));
      }
    }
    return windows;
  }

  /** The same of what is stored, by source and destination. */
  private Map<String, Set<Instant>> stored() throws IOException {
    Map<String, Set<Instant>> windows = new LinkedHashMap<>();
    for (String line : Files.readAllLines(folder.resolve("stored"))) {
      Matcher matcher = STORED.matcher(line);
      if (matcher.matches()) {
        windows
            .computeIfAbsent(matcher.group(2) + ">" + matcher.group(1), pair -> new TreeSet<>())
            .add(Instant.ofEpochMilli(Long.parseLong(matcher.group(3))));
      }
    }
    return windows;
  }

  /**
   * What each probe measured is stored, and nothing else is. Of the two with one name it is not
   * known which of them measured what, until the first stopped.
   */
  private void checkWindows() throws Exception {
    Set<String> changed = Set.of(probes.getFirst().name(), probes.get(1).name(), TWIN);
    for (Probe probe : probes) {
      if (dead.contains(probe.host()) || probe.name().equals(TWIN)) {
        continue;
      }
      Map<String, Set<Instant>> measured = measured(probe);
      assertThat(measured).as(probe + programs.logs()).hasSizeGreaterThan(1);
      eventually()
          .untilAsserted(() -> {
            Map<String, Set<Instant>> stored = stored();
            measured.forEach((to, times) ->
                assertThat(stored.getOrDefault(probe.name() + ">" + to, Set.of()))
                    .as("stored of " + probe + " to " + to)
                    .containsAll(times));
          });
      Map<String, Set<Instant>> later = new TreeMap<>();
      Map<String, Set<Instant>> stored = stored();
      measured(probe).forEach(later::put);
      stored.forEach((pair, times) -> {
        if (pair.startsWith(probe.name() + ">")) {
          String to = pair.substring(probe.name().length() + 1);
          assertThat(later.getOrDefault(to, Set.of()))
              .as("measured by " + probe + " to " + to)
              .containsAll(times);
        }
      });
      measured.forEach((to, times) -> {
        if (!changed.contains(to)) {
          assertThat(coverage(times))
              .as("while the registry was away " + probe + " measured " + to + " on: " + times)
              .isGreaterThan(0.5);
        }
      });
    }
  }

  /**
   * The part of the time from the first window to the last that windows cover. A machine that gives
   * a process no time for a second has it miss that second's.
   */
  private static double coverage(Set<Instant> times) {
    Instant first = times.stream().min(Instant::compareTo).orElseThrow();
    Instant last = times.stream().max(Instant::compareTo).orElseThrow();
    return times.size()
        / (Duration.between(first, last).toSeconds() / (double) INTERVAL_SECONDS + 1);
  }
}
