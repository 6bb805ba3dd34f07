package io.llamamesh.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llamamesh.testkit.store.FakeStoreServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Agents that post their windows, as processes, with a registry and a scraper. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "loopback addresses and namespaces are Linux's")
class PushIT {
  private static final JsonMapper JSON = new JsonMapper();
  private static final int KILLS = 6;
  private static final String REGISTRY = "http://203.0.113.1:5000";

  /** A window of a pair that the pushing agent measured: its destination and time. */
  private static final Pattern WINDOW =
      Pattern.compile("^raw_stats,.*dst_name=([^,]+),.*src_name=edge[, ].* (\\d+)$");

  @TempDir private Path folder;

  private static ConditionFactory eventually() {
    return Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(200));
  }

  /**
   * The store takes a write and the scraper is dead before it hears of it: the agent never gets an
   * answer and posts the page to the next scraper.
   */
  @Test
  void aScraperThatIsKilledBetweenWriteAndAnswerLosesAndDoublesNothing() throws Exception {
    int registryPort = Programs.freePort();
    int page = Programs.freePort();
    int ingest = Programs.freePort();
    int api = Programs.freePort();
    Set<String> stored = ConcurrentHashMap.newKeySet();
    AtomicInteger killsLeft = new AtomicInteger(KILLS);
    AtomicInteger writes = new AtomicInteger();
    try (Programs programs = new Programs(folder);
        FakeStoreServer store = new FakeStoreServer()) {
      store.script(request -> {
        if (request.isWrite()) {
          boolean pushed = request.lines().stream().anyMatch(line -> window(line) != null);
          request.lines().stream()
              .map(PushIT::window)
              .filter(window -> window != null)
              .forEach(stored::add);
          if (pushed && writes.incrementAndGet() % 2 == 0 && killsLeft.getAndDecrement() > 0) {
            programs.kill("scraper");
          }
        }
        return FakeStoreServer.Reply.of(204, "");
      });
      String registry = "http://127.0.0.1:" + registryPort;
      programs.start(
          "registry", List.of(), List.of("registry", "--interval=1", "-p" + registryPort));
      List<String> scraper =
          List.of(
              "scraper",
              "--bind=127.0.0.1",
              "--port=" + page,
              "--ingest-port=" + ingest,
              "--registry=" + registry,
              "--influxdb-url=" + store.url(),
              "--influxdb-database=llama");
      programs.start("scraper", List.of(), scraper);
      programs.start(
          "hub",
          List.of("env", "LLAMA_SOURCE_IP=127.0.0.41"),
          List.of("agent", "--bind=127.0.0.41", "--register=" + registry, "--name=hub"));
      programs.start(
          "edge",
          List.of("env", "LLAMA_SOURCE_IP=127.0.0.42"),
          List.of(
              "agent",
              "--bind=127.0.0.42",
              "--api-port=" + api,
              "--register=" + registry,
              "--name=edge",
              "--state-dir=" + folder.resolve("edge-state"),
              "--push=http://127.0.0.1:" + ingest,
              "--push-plaintext"));

      eventually()
          .atMost(Duration.ofMinutes(4))
          .untilAsserted(() -> {
            if (!programs.isAlive("scraper")) {
              programs.start("scraper", List.of(), scraper);
            }
            assertThat(killsLeft.get()).as(programs.logs()).isNegative();
            assertThat(push(programs, api).path("backlog").asInt()).isLessThan(3);
          });
      long upTo = push(programs, api).path("storedWindow").asLong();

      Set<String> measured = measured(programs, api, upTo);
      assertThat(measured).hasSizeGreaterThan(2 * KILLS);
      assertThat(stored).as("nothing is lost").containsAll(measured);
      Set<String> extra = new HashSet<>(stored);
      extra.removeAll(measured(programs, api, Long.MAX_VALUE));
      assertThat(extra).as("nothing is doubled under another time").isEmpty();
      assertThat(push(programs, api).path("givenUp").asInt()).isZero();
      assertThat(programs.get("http://127.0.0.42:" + api + "/metrics"))
          .containsPattern("llamamesh_push_failures_total [1-9]")
          .contains("llamamesh_push_given_up_windows_total 0.0");

      // Who leaves hands over all that it has.
      programs.end("edge");
      eventually()
          .untilAsserted(() ->
              assertThat(programs.get("http://127.0.0.1:" + page + "/metrics"))
                  .contains("llamamesh_scraper_missed_windows_total 0.0"));
      assertThat(programs.logOf("edge")).doesNotContain("unread windows not uploaded");
    }
  }

  private static String window(String line) {
    Matcher matcher = WINDOW.matcher(line);
    return matcher.matches() ? matcher.group(1) + " " + matcher.group(2) : null;
  }

  private static JsonNode push(Programs programs, int api) throws Exception {
    return JSON.readTree(programs.get("http://127.0.0.42:" + api + "/status?verbose=1"))
        .path("push");
  }

  /** Windows of all pairs that the agent retains, up to a number. */
  private static Set<String> measured(Programs programs, int api, long upTo) throws Exception {
    Set<String> windows = new TreeSet<>();
    String url = "http://127.0.0.42:" + api + "/influxdata?after=0:0&limit=";
    // Numbers begin at 1 and have no gap: the first so many windows are those up to the number.
    JsonNode points = JSON.readTree(programs.get(url + Math.min(upTo, 1_000)));
    for (JsonNode point : points) {
      if (point.path("measurement").asText().equals("raw_stats")) {
        windows.add(
            point.path("tags").path("dst_name").asText()
                + " "
                + Instant.parse(point.path("time").asText()).toEpochMilli());
      }
    }
    return windows;
  }

  /** Two behind one address and port, and one outside: nobody forwards anything. */
  @Test
  void behindAddressTranslationAgentsAreInTheMatrixAndProbedAtTheirSiteOnly() throws Exception {
    Assumptions.assumeTrue(
        Tool.exists("ip") && Tool.exists("nft") && Tool.call("id", "-u").strip().equals("0"),
        "needs root, iproute2 and nftables, for network namespaces");
    try (Site site = Site.make();
        Programs programs = new Programs(folder)) {
      start(programs, site);

      eventually()
          .ignoreExceptions()
          .untilAsserted(() -> {
            JsonNode agents = site.json("http://203.0.113.1:8080/api/v1/agents");
            List<String> reporting = new ArrayList<>();
            for (JsonNode agent : agents) {
              if (agent.path("reporting").asBoolean()) {
                reporting.add(agent.path("agent").asText());
              }
            }
            assertThat(reporting)
                .as(agents + programs.logs())
                .containsExactlyInAnyOrder("hub", "edge-1", "edge-2");
            JsonNode matrix = site.json("http://203.0.113.1:8080/api/v1/matrix");
            String text = matrix.toString();
            assertThat(text).as(programs.logs()).contains("edge-1", "edge-2", "hub");
          });

      JsonNode list = site.json(REGISTRY + "/api/v1/list").path("default");
      assertThat(list).hasSize(3);
      assertThat(list.findValuesAsText("seen_ip")).containsExactly("203.0.113.2", "203.0.113.2");
      assertThat(list.findValuesAsText("push")).containsExactly("true", "true");
      assertThat(programs.logOf("edge-1")).contains("probedBy=\"those behind 203.0.113.2 only");
      assertThat(programs.logOf("hub")).contains("probedBy=all");
      // Each probes the other at its site, and what is outside; nobody outside probes them.
      eventually()
          .untilAsserted(() -> {
            assertThat(site.targets("outside", "hub")).as(programs.logs()).containsExactly("hub");
            assertThat(site.targets("edge-1", "edge-1")).contains("edge-1", "edge-2", "hub");
            assertThat(site.targets("edge-2", "edge-2")).contains("edge-1", "edge-2", "hub");
          });
      assertThat(site.lost("edge-1", "hub")).isZero();
    }
  }

  private static void start(Programs programs, Site site) throws Exception {
    List<String> outside = site.in("outside");
    programs.start(
        "registry", outside, List.of("registry", "--interval=1", "--host=203.0.113.1", "--open"));
    programs.start(
        "scraper", outside, List.of("scraper", "--bind=203.0.113.1", "--registry=" + REGISTRY));
    programs.start("hub", outside, List.of("agent", "--register=" + REGISTRY, "--name=hub"));
    for (String name : List.of("edge-1", "edge-2")) {
      programs.start(
          name,
          site.in(name),
          List.of(
              "agent",
              "--register=" + REGISTRY,
              "--name=" + name,
              "--push=http://203.0.113.1:8081",
              "--push-plaintext"));
    }
  }

  /**
   * The router gets another outer address and keeps the translations of flows that do not pause, as
   * many do: answers to these go to an address that is nobody's any more.
   */
  @Test
  void afterAChangeOfTheOuterAddressOldTranslationsAreLeftForOtherPorts() throws Exception {
    Assumptions.assumeTrue(
        Tool.exists("ip") && Tool.exists("nft") && Tool.call("id", "-u").strip().equals("0"),
        "needs root, iproute2 and nftables, for network namespaces");
    try (Site site = Site.make();
        Programs programs = new Programs(folder)) {
      // Where it masquerades the kernel forgets an address's translations with the address.
      site.translateTo("203.0.113.2");
      start(programs, site);
      for (String name : List.of("edge-1", "edge-2")) {
        eventually()
            .ignoreExceptions()
            .untilAsserted(
                () -> assertThat(site.answering(name)).contains("edge-1", "edge-2", "hub"));
      }

      site.ip("router", "addr", "add", "203.0.113.8/24", "dev", "out");
      site.translateTo("203.0.113.8");
      site.dropOnTheWayBackTo("203.0.113.2");
      Instant changed = Instant.now();
      for (String name : List.of("edge-1", "edge-2")) {
        eventually().until(() -> !site.answering(name).contains("hub"));
      }
      for (String name : List.of("edge-1", "edge-2")) {
        eventually()
            .untilAsserted(() ->
                assertThat(site.answering(name))
                    .as(programs.logs())
                    .contains("edge-1", "edge-2", "hub"));
        System.out.printf(
            "%s measures again %d s after its outer address changed%n",
            name, Duration.between(changed, Instant.now()).toSeconds());
        assertThat(programs.logOf(name))
            .as("told once")
            .containsOnlyOnce("probing from other source ports");
        assertThat(site.lost(name, "edge-1") + site.lost(name, "edge-2")).isZero();
        assertThat(site.targets(name, name)).containsExactly("edge-1", "edge-2", "hub");
      }
      eventually()
          .untilAsserted(() ->
              assertThat(
                      site.json(REGISTRY + "/api/v1/list")
                          .path("default")
                          .findValuesAsText("seen_ip"))
                  .containsExactly("203.0.113.8", "203.0.113.8"));
    }
  }

  /** A site behind a router that translates addresses, and what is outside of it. */
  private static final class Site implements AutoCloseable {
    private final String prefix = "llamamesh-push-" + ProcessHandle.current().pid() + "-";

    static Site make() throws IOException, InterruptedException {
      Site site = new Site();
      try {
        for (String host : List.of("router", "outside", "edge-1", "edge-2")) {
          var _ = Tool.call("ip", "netns", "add", site.prefix + host);
          site.ip(host, "link", "set", "lo", "up");
        }
        site.ip("router", "link", "add", "br0", "type", "bridge");
        site.ip("router", "addr", "add", "10.85.1.1/24", "dev", "br0");
        site.ip("router", "link", "set", "br0", "up");
        for (int i = 1; i <= 2; i++) {
          site.link("p" + i, "edge-" + i, "10.85.1.1" + i + "/24");
          site.ip("router", "link", "set", "p" + i, "master", "br0");
          site.ip("edge-" + i, "route", "add", "default", "via", "10.85.1.1");
        }
        site.link("out", "outside", "203.0.113.1/24");
        site.ip("router", "addr", "add", "203.0.113.2/24", "dev", "out");
        site.onRouter(
            "echo 1 > /proc/sys/net/ipv4/ip_forward && nft add table ip nat && nft add chain ip"
                + " nat post '{ type nat hook postrouting priority srcnat; }' && nft add rule"
                + " ip nat post oifname out masquerade");
        return site;
      } catch (IOException | InterruptedException | RuntimeException e) {
        site.close();
        throw e;
      }
    }

    private void link(String port, String host, String address)
        throws IOException, InterruptedException {
      ip("router", "link", "add", port, "type", "veth", "peer", "eth0", "netns", prefix + host);
      ip("router", "link", "set", port, "up");
      ip(host, "addr", "add", address, "dev", "eth0");
      ip(host, "link", "set", "eth0", "up");
    }

    /** Translates flows that begin from now on to an address; those that there are go on. */
    void translateTo(String address) throws IOException, InterruptedException {
      onRouter(
          "nft flush chain ip nat post && nft add rule ip nat post oifname out snat to " + address);
    }

    /** Loses what comes back to an address, as where its network does not lead here any more. */
    void dropOnTheWayBackTo(String address) throws IOException, InterruptedException {
      onRouter(
          "nft add table ip raw && nft add chain ip raw pre '{ type filter hook prerouting priority"
              + " raw; }' && nft add rule ip raw pre iifname out ip daddr "
              + address
              + " drop");
    }

    private void onRouter(String line) throws IOException, InterruptedException {
      List<String> shell = new ArrayList<>(in("router"));
      shell.addAll(List.of("sh", "-c", line));
      var _ = Tool.call(shell.toArray(String[]::new));
    }

    private void ip(String host, String... arguments) throws IOException, InterruptedException {
      List<String> command = new ArrayList<>(List.of("ip", "-n", prefix + host));
      command.addAll(List.of(arguments));
      var _ = Tool.call(command.toArray(String[]::new));
    }

    List<String> in(String host) {
      return List.of("ip", "netns", "exec", prefix + host);
    }

    private JsonNode json(String host, String url) throws Exception {
      List<String> command = new ArrayList<>(in(host));
      command.addAll(List.of("curl", "-fsS", "-m", "5", url));
      return JSON.readTree(Tool.call(command.toArray(String[]::new)));
    }

    /** What is said at a URL outside. */
    JsonNode json(String url) throws Exception {
      return json("outside", url);
    }

    private JsonNode points(String host) throws Exception {
      return json(host, "http://127.0.0.1:8100/influxdata?after=0:0&limit=1000");
    }

    /** Names of those that answered in an agent's newest window. */
    Set<String> answering(String host) throws Exception {
      Set<String> names = new TreeSet<>();
      for (JsonNode point : json(host, "http://127.0.0.1:8100/influxdata")) {
        if (point.path("fields").path("received").asInt() > 0) {
          names.add(point.path("tags").path("dst_name").asText());
        }
      }
      return names;
    }

    /** Names of those that an agent probes. */
    Set<String> targets(String host, String agent) throws Exception {
      Set<String> names = new TreeSet<>();
      for (JsonNode point : points(host)) {
        if (point.path("measurement").asText().equals("raw_stats")
            && point.path("tags").path("src_name").asText().equals(agent)) {
          names.add(point.path("tags").path("dst_name").asText());
        }
      }
      return names;
    }

    /** Probes to a destination that were lost. */
    double lost(String host, String destination) throws Exception {
      double lost = 0;
      for (JsonNode point : points(host)) {
        if (point.path("tags").path("dst_name").asText().equals(destination)) {
          lost += point.path("fields").path("lost").asDouble();
        }
      }
      return lost;
    }

    @Override
    public void close() throws IOException {
      try {
        for (String line : Tool.call("ip", "netns", "list").lines().toList()) {
          String name = line.split(" ", 2)[0];
          if (name.startsWith(prefix)) {
            var _ = Tool.call("ip", "netns", "delete", name);
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
