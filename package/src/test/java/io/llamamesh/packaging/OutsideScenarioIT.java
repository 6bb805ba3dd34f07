package io.llamamesh.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llamamesh.results.Point;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
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
 * forgotten before its keepalive, and nobody is restarted. All of that is read from what the
 * programs show: the registry's list and file, the agents' API, and what was written to the store.
 *
 * <p>{@code -Dllamamesh.outside.probes=30} is the large form: ten probes behind two routers, the
 * registry killed twenty times and away for ten minutes, twice the keepalive of 300 s, nothing
 * accelerated. It takes some fifteen minutes. {@code kills}, {@code away} (seconds) and {@code
 * seed} (of the pauses) are for either form.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "network namespaces are Linux's")
class OutsideScenarioIT {
  private static final JsonMapper JSON = new JsonMapper();
  private static final int PROBES = Integer.getInteger("llamamesh.outside.probes", 6);
  private static final boolean LARGE = PROBES > 12;
  private static final int KILLS = Integer.getInteger("llamamesh.outside.kills", LARGE ? 20 : 3);
  private static final int AWAY_SECONDS =
      Integer.getInteger("llamamesh.outside.away", LARGE ? 600 : 3);
  private static final long SEED = Long.getLong("llamamesh.outside.seed", 1);
  private static final int INTERVAL_SECONDS = LARGE ? 5 : 1;

  /** A probe registers thrice within it, twice a minute at least. */
  private static final int KEEPALIVE_SECONDS = LARGE ? 300 : 30;

  /** Keepalive of the one that dies. */
  private static final int SHORT_KEEPALIVE_SECONDS = LARGE ? 60 : 10;

  /** Bound of each wait. */
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private static final String REGISTRY = "http://" + OutsideNetwork.SERVER + ":5000";
  private static final String API = "http://127.0.0.1:8100";
  private static final String NEW_ADDRESS = "203.0.113.99";
  private static final String TWIN = "twin";

  /** Windows that an agent's API gives at once. */
  private static final int MAX_WINDOWS = 1_000;

  private static final Pattern PAIRS =
      Pattern.compile("config applied origin=registry \\S+ pairs=(\\d+)");

  @TempDir private Path folder;

  private final Random random = new Random(SEED);

  /**
   * A probe.
   *
   * @param host where it runs, which is also the name of its process
   * @param name in the matrix
   * @param site number of the router that it is behind, and so posts its windows; 0 for none
   */
  private record Probe(String host, String name, String group, int site) {
    boolean isBehindRouter() {
      return site > 0;
    }

    /** True where it may reach another, and is given it as a target. */
    boolean canProbe(Probe other) {
      return other.group.equals(group) && (other.site == 0 || other.site == site);
    }
  }

  private final List<Probe> probes = new ArrayList<>();

  /** Those whose processes run. */
  private final Set<Probe> running = new HashSet<>();

  /** Those that are registered and no other has displaced: the list must always have them. */
  private final Set<Probe> served = new HashSet<>();

  private Programs programs;
  private OutsideNetwork network;
  private StoredRows store;

  private Probe moves;
  private Probe dies;

  /** The two with one name. */
  private Probe first;

  private Probe second;

  private Instant registryStarted = Instant.MAX;
  private int restarts;

  /** Rows that the one that died had published, shortly before. */
  private Set<String> lastRows = Set.of();

  /** When the list first lacked the one that died; null while it is there. */
  private @Nullable Instant gone;

  @Test
  void noWindowIsLostOrDoubledAndNobodyIsForgotten() throws Exception {
    Assumptions.assumeTrue(
        Integer.getInteger("llamamesh.outside.probes") != null,
        "takes a minute or many: -Dllamamesh.outside.probes=6 or 30 runs it");
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
      probes.add(new Probe("p" + i, i == 4 ? TWIN : "p" + i, i % 2 == 1 ? "a" : "b", 0));
    }
    for (int site = 0; site < sites; site++) {
      behindRouters.add(new ArrayList<>());
    }
    for (int i = 1; i <= behind; i++) {
      int site = i % sites;
      behindRouters.get(site).add("e" + i);
      probes.add(
          new Probe(
              "e" + i,
              i == behind ? TWIN : "e" + i,
              i == behind || i % 2 == 0 ? "b" : "a",
              site + 1));
    }
    Instant began = Instant.now();
    try (OutsideNetwork made = OutsideNetwork.make(hosts, behindRouters);
        Programs started = new Programs(folder)) {
      network = made;
      programs = started;
      play();
      System.out.printf(
          "%d probes, %d restarts of the registry, away for %d s: %d s in all%n",
          PROBES, restarts, AWAY_SECONDS, Duration.between(began, Instant.now()).toSeconds());
    }
  }

  private void play() throws Exception {
    moves = probes.getFirst();
    dies = probes.get(1);
    second = probes.get(3);
    first = probes.getLast();
    String storeUrl = startStore();
    startRegistry();
    await("the registry answers", this::health, health -> health.startsWith("ok"));

    for (Probe probe : probes) {
      if (!probe.equals(second)) {
        start(probe);
      }
    }
    awaitServed();
    startScraper(storeUrl);
    await("all are stored", this::notStored, Set::isEmpty);

    network.changeAddress(moves.host(), NEW_ADDRESS);
    start(second);
    served.remove(first);
    awaitServed();
    await(
        "the registry keeps the new address",
        () -> saved().get(moves.name()),
        addresses -> addresses.equals(Set.of(NEW_ADDRESS)));

    endWhileTheRegistryIsAway(dies);
    while (restarts < KILLS) {
      awaitWindows(random.nextInt(3));
      kill();
      restart();
    }
    kill();
    awaitWindows(Math.max(1, AWAY_SECONDS / INTERVAL_SECONDS));
    restart();

    await("the dead one leaves", () -> checked(list()), listed -> gone != null);
    awaitDisplaced();
    for (Probe probe : served) {
      awaitMeasured(probe);
    }
    checkConfigs();
    checkWindows();
    assertRunning();
  }

  /** Waits for what programs show while all run that should. */
  private <T> T await(String what, Callable<T> look, Predicate<? super T> wanted) {
    return await(what, PATIENCE, look, wanted);
  }

  private <T> T await(String what, Duration atMost, Callable<T> look, Predicate<? super T> wanted) {
    try {
      return ShownState.await(
          what,
          atMost,
          () -> {
            assertRunning();
            return look.call();
          },
          wanted);
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "\n" + programs.logs(), e);
    }
  }

  private void assertRunning() {
    for (Probe probe : running) {
      assertThat(programs.isAlive(probe.host())).as("%s runs", probe).isTrue();
    }
  }

  private String startStore() throws Exception {
    Path written = folder.resolve("written");
    Files.createFile(written);
    store = new StoredRows(written);
    programs.start("store", network.in("server"), List.of("store", written.toString()));
    Pattern url = Pattern.compile("store on (\\S+)");
    String log = await("the store's URL", () -> programs.logOf("store"), url.asPredicate());
    Matcher said = url.matcher(log);
    assertThat(said.find()).isTrue();
    return said.group(1);
  }

  private void startScraper(String storeUrl) throws IOException, InterruptedException {
    programs.start(
        "scraper",
        network.in("server"),
        List.of(
            "scraper",
            "--bind=" + OutsideNetwork.SERVER,
            "--registry=" + REGISTRY,
            "--influxdb-url=" + storeUrl,
            "--influxdb-database=llama"));
  }

  private void startRegistry() throws IOException, InterruptedException {
    registryStarted = Instant.now();
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

  private void start(Probe probe) throws IOException, InterruptedException {
    int keepalive = probe.equals(dies) ? SHORT_KEEPALIVE_SECONDS : KEEPALIVE_SECONDS;
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
    if (probe.isBehindRouter()) {
      args.add("--push=http://" + OutsideNetwork.SERVER + ":8081");
      args.add("--push-plaintext");
    }
    programs.start(probe.host(), prefix, args);
    running.add(probe);
    served.add(probe);
  }

  private String health() throws Exception {
    return network.get("server", REGISTRY + "/healthz");
  }

  /** Addresses in the registry's list, by the names of their probes; each name is there once. */
  private Map<String, String> list() throws Exception {
    Map<String, String> addresses = new TreeMap<>();
    for (JsonNode group : JSON.readTree(network.get("server", REGISTRY + "/api/v1/list"))) {
      for (JsonNode entry : group) {
        String name = entry.path("tags").path("probe_name").asText();
        assertThat(addresses.put(name, entry.path("ip").asText())).as(name).isNull();
      }
    }
    return addresses;
  }

  /** Addresses in the registry's file, by the names of their probes, of which two have one. */
  private Map<String, Set<String>> saved() throws IOException {
    Map<String, Set<String>> addresses = new TreeMap<>();
    JsonNode file = JSON.readTree(folder.resolve("registry-state/registry.json").toFile());
    for (JsonNode entry : file.path("entries")) {
      JsonNode registration = entry.path("registration");
      addresses
          .computeIfAbsent(
              registration.path("tags").path("probe_name").asText(), name -> new TreeSet<>())
          .add(registration.path("ip").asText(entry.path("seen").asText()));
    }
    return addresses;
  }

  /** Waits until the registry lists all that it should, and has written them to its file. */
  private void awaitServed() {
    await("all are listed", this::list, this::hasAllServed);
    await(
        "all are saved",
        this::saved,
        saved -> served.stream().allMatch(probe -> isSaved(saved, probe)));
  }

  private boolean isSaved(Map<String, Set<String>> saved, Probe probe) {
    return saved.getOrDefault(probe.name(), Set.of()).contains(network.address(probe.host()))
        || (probe.equals(moves) && saved.containsKey(probe.name()));
  }

  private boolean hasAllServed(Map<String, String> listed) {
    return served.stream()
        .allMatch(probe ->
            probe.equals(moves)
                ? listed.containsKey(probe.name())
                : network.address(probe.host()).equals(listed.get(probe.name())));
  }

  /**
   * Checks that a list has all that it must: those that are registered, of the two with one name
   * the second, and the dead one while its keepalive lasts, which began anew with the registry.
   */
  private Map<String, String> checked(Map<String, String> listed) {
    Instant now = Instant.now();
    assertThat(hasAllServed(listed)).as("%s are in %s", served, listed).isTrue();
    assertThat(listed).containsEntry(moves.name(), NEW_ADDRESS);
    if (listed.containsKey(dies.name())) {
      gone = null;
    } else if (gone == null) {
      gone = now;
      assertThat(Duration.between(registryStarted, now))
          .as("from the registry's start until it forgot %s", dies)
          .isGreaterThan(Duration.ofSeconds(SHORT_KEEPALIVE_SECONDS));
    }
    return listed;
  }

  /**
   * Kills the registry, and then a probe, whose registration is in the registry's file. What the
   * probe published is stored, as nobody could ask it later.
   */
  private void endWhileTheRegistryIsAway(Probe probe) throws Exception {
    // Where the machine stands still for longer than its keepalive it has to come back first.
    await("it is saved", this::saved, saved -> isSaved(saved, probe));
    programs.kill("registry");
    while (!isSaved(saved(), probe)) {
      startRegistry();
      await("it is saved again", this::saved, saved -> isSaved(saved, probe));
      programs.kill("registry");
    }
    Set<String> rows = rows(probe);
    assertThat(WindowRows.windows(rows)).isPositive();
    await("the last windows are stored", () -> store.refresh().missing(rows), List::isEmpty);
    programs.kill(probe.host());
    running.remove(probe);
    served.remove(probe);
    lastRows = rows;
    restart();
  }

  /** Kills the registry: all whose registrations it has acknowledged are in its file. */
  private void kill() throws Exception {
    programs.kill("registry");
    Map<String, Set<String>> saved = saved();
    for (Probe probe : served) {
      assertThat(isSaved(saved, probe)).as("%s is in %s", probe, saved).isTrue();
    }
  }

  /** Starts the registry: what it says first has all that its file had. */
  private void restart() throws Exception {
    Map<String, Set<String>> saved = saved();
    startRegistry();
    Map<String, String> listed = await("the registry answers", this::list, list -> true);
    restarts++;
    var _ = checked(listed);
    boolean isOver =
        Duration.between(registryStarted, Instant.now()).toSeconds() >= SHORT_KEEPALIVE_SECONDS;
    Set<String> names = new TreeSet<>(saved.keySet());
    names.removeAll(listed.keySet());
    assertThat(names).isSubsetOf(isOver ? Set.of(dies.name()) : Set.of());
  }

  /** What an agent shows at a path of its API. */
  private JsonNode shown(Probe probe, String path) throws Exception {
    return JSON.readTree(network.get(probe.host(), API + path));
  }

  /** Number of windows that an agent has published. */
  private long windows(Probe probe) throws Exception {
    return shown(probe, "/status?verbose").path("windowsPublished").asLong();
  }

  /** All rows that an agent has published. */
  private Set<String> rows(Probe probe) {
    return await("rows of " + probe, () -> shownRows(probe), rows -> true);
  }

  private Set<String> shownRows(Probe probe) throws Exception {
    JsonNode status = shown(probe, "/status?verbose");
    assertThat(status.path("windowsRetained").asLong())
        .as("%s retains all that it published", probe)
        .isGreaterThanOrEqualTo(status.path("windowsPublished").asLong())
        .isLessThan(MAX_WINDOWS);
    String path = "/influxdata?after=0:0&limit=" + MAX_WINDOWS;
    return WindowRows.published(network.get(probe.host(), API + path));
  }

  /** Lets so many windows pass, by what one that measures has published. */
  private void awaitWindows(int windows) throws Exception {
    Probe witness = probes.get(2);
    long until = windows(witness) + windows;
    await(
        windows + " windows pass",
        PATIENCE.plusSeconds(3L * AWAY_SECONDS),
        () -> windows(witness),
        now -> now >= until);
  }

  /** Names of those of which the store has nothing. */
  private Set<String> notStored() throws IOException {
    Set<String> names = new TreeSet<>();
    running.forEach(probe -> names.add(probe.name()));
    store.refresh().rows().forEach(row -> names.remove(WindowRows.tag(row, Point.Tags.SRC_NAME)));
    return names;
  }

  /** Of the two with one name the first is told why it is not served, and the second runs. */
  private void awaitDisplaced() {
    String named = "has the name '" + TWIN + "'";
    await(
        "the first with that name is told",
        () -> shown(first, "/readyz").path("config"),
        config ->
            config.path("state").asText().equals("refused")
                && config.path("error").asText().contains(named));
    await(
        "the second with that name runs",
        () -> shown(second, "/readyz").path("config"),
        config -> config.path("state").asText().equals("running"));
    assertThat(programs.logOf(second.host())).doesNotContain(named);
    JsonNode conflicts =
        await(
            "one conflict",
            () -> JSON.readTree(network.get("server", REGISTRY + "/api/v1/conflicts")),
            all -> all.size() == 1);
    assertThat(conflicts.get(0).path("probe").asText())
        .startsWith(TWIN + " at " + network.address(first.host()) + ":");
  }

  /** Waits until a probe's newest window has an answer of each that it can reach. */
  private void awaitMeasured(Probe probe) {
    Set<String> wanted = new TreeSet<>(Set.of(probe.name()));
    served.stream()
        .filter(other -> probe.canProbe(other))
        .forEach(other -> wanted.add(other.name()));
    await(
        probe + " has answers of all of " + wanted,
        () -> answering(probe),
        answering -> answering.containsAll(wanted));
  }

  /** Names of those that answered in a probe's newest window, at the addresses that they have. */
  private Set<String> answering(Probe probe) throws Exception {
    Set<String> names = new TreeSet<>();
    for (JsonNode point : shown(probe, "/influxdata")) {
      JsonNode tags = point.path("tags");
      String name = tags.path(Point.Tags.DST_NAME).asText();
      boolean own = name.equals(probe.name());
      boolean isWhereItIs =
          own
              || (tags.path(Point.Tags.SRC_IP).asText().equals(network.address(probe.host()))
                  && (!name.equals(moves.name())
                      || tags.path(Point.Tags.DST_IP).asText().equals(NEW_ADDRESS)));
      if (point.path("fields").path("received").asInt() > 0 && isWhereItIs) {
        names.add(name);
      }
    }
    return names;
  }

  /** In the group that nobody leaves no config ever had fewer targets than the one before. */
  private void checkConfigs() {
    for (Probe probe : running) {
      if (probe.group().equals(moves.group())) {
        List<Integer> pairs =
            PAIRS
                .matcher(programs.logOf(probe.host()))
                .results()
                .map(result -> Integer.valueOf(result.group(1)))
                .toList();
        assertThat(pairs).as("pairs of each config of %s", probe).isNotEmpty().isSorted();
      }
    }
  }

  /**
   * Each row that a probe published is stored, with the numbers that it was published with, and
   * nothing else is.
   */
  private void checkWindows() throws Exception {
    Map<String, Set<String>> published = published();
    await(
        "all that was published is stored",
        () -> {
          var _ = store.refresh();
          return published.values().stream().flatMap(r -> store.missing(r).stream()).toList();
        },
        List::isEmpty);
    Set<String> stored = new HashSet<>(store.rows());
    Map<String, Set<String>> later = published();
    long end = lastRows.stream().mapToLong(row -> WindowRows.end(row)).max().orElseThrow();
    Set<String> unknown = new TreeSet<>();
    for (String row : stored) {
      String name = WindowRows.tag(row, Point.Tags.SRC_NAME);
      boolean known =
          name.equals(dies.name())
              ? WindowRows.end(row) > end || lastRows.contains(row)
              : later.getOrDefault(name, Set.of()).contains(row);
      if (!known) {
        unknown.add(row);
      }
    }
    // Two hosts of one name probe themselves as one.
    List<String> replaced =
        store.replaced().stream()
            .filter(row ->
                !(WindowRows.tag(row, Point.Tags.SRC_NAME).equals(TWIN)
                    && WindowRows.tag(row, Point.Tags.DST_NAME).equals(TWIN)))
            .toList();
    List<String> all = published.values().stream().flatMap(Collection::stream).toList();
    System.out.printf(
        "published: %d windows, %d rows; stored: %d windows, %d rows; lost: %d; of no probe: %d;"
            + " doubled: %d; written again, the same: %d%n",
        WindowRows.windows(all),
        all.size(),
        WindowRows.windows(stored),
        stored.size(),
        store.missing(all).size(),
        unknown.size(),
        replaced.size(),
        store.written() - store.rows().size());
    assertThat(unknown).as("rows that nobody published").isEmpty();
    assertThat(replaced).as("rows that replaced others").isEmpty();
    assertThat(network.get("server", "http://" + OutsideNetwork.SERVER + ":8080/metrics"))
        .contains("llamamesh_scraper_missed_windows_total 0.0");
    for (Probe probe : running) {
      if (probe.isBehindRouter()) {
        assertThat(shown(probe, "/status?verbose").path("push").path("givenUp").asInt(-1))
            .as("windows that %s gave up", probe)
            .isZero();
      }
    }
  }

  /** Rows that those that run, and the one that died, have published, by the names of sources. */
  private Map<String, Set<String>> published() {
    Map<String, Set<String>> rows = new TreeMap<>(Map.of(dies.name(), lastRows));
    for (Probe probe : running) {
      rows.computeIfAbsent(probe.name(), name -> new TreeSet<>()).addAll(rows(probe));
    }
    return rows;
  }
}
