package io.llamamesh.e2e.row;

import io.llamamesh.e2e.cluster.Failure;
import io.llamamesh.e2e.cluster.InfluxDb;
import io.llamamesh.e2e.cluster.Mesh;
import io.llamamesh.e2e.cluster.Node;
import io.llamamesh.e2e.cluster.Release;
import io.llamamesh.e2e.cluster.Wait;
import io.llamamesh.e2e.machine.Subprocess;
import io.llamamesh.testkit.AuditLog;
import io.llamamesh.testkit.ControlPlane;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Parts of Kubernetes that are away while the network is well. */
final class OutageRows {
  private static final Duration KUBELET_AWAY = Duration.ofMinutes(3);
  private static final Duration API_AWAY = Duration.ofSeconds(60);
  private static final Duration OLD_AT_MOST = Duration.ofSeconds(60);
  private static final Duration WELL_WITHIN = Duration.ofMinutes(2);
  private static final Duration STORED_WITHIN = Duration.ofMinutes(2);
  private static final Duration AFTER = Duration.ofSeconds(60);

  /** Twice what a calm minute has: a status each 15 s, and cursors. */
  private static final int WRITES_AT_MOST = 40;

  private static final String OURS = "system:serviceaccount:" + Release.NAME + ":";

  private OutageRows() {}

  static Row kubelet() {
    return Row.of(
        "kubelet-away",
        "kubelet of a node killed for 3 min: measurement goes on, nothing is said about the network",
        OutageRows::kubelet);
  }

  private static void kubelet(Stage stage, Figures figures) throws Exception {
    stage.healthyMesh();
    String name = new LeaderPlacement(stage).arrange(true, true);
    stage.awaitHealthy(WELL_WITHIN);
    Node node = stage.cluster().node(name);
    Instant began = Instant.now();
    node.killKubelet();
    int asked = 0;
    int blind = 0;
    try {
      Instant end = began.plus(KUBELET_AWAY);
      while (Instant.now().isBefore(end)) {
        Mesh.Condition network = stage.mesh().condition("NetworkHealthy");
        Failure.unless(
            !network.status().equals("False"),
            "after "
                + Duration.between(began, Instant.now()).toSeconds()
                + " s without a kubelet on "
                + name
                + ": "
                + network);
        asked++;
        blind += network.isTrue() ? 0 : 1;
        Thread.sleep(1000);
      }
      Instant last = Instant.now();
      figures.note("full matrix", stage.awaitFullMatrix(last, Stage.WINDOW.multipliedBy(3)));
    } finally {
      node.startKubelet();
    }
    RolloutRows.noteTotals(stage, figures, began);
    figures.note("status unknown", blind + " of " + asked + " s");
    Failure.unless(
        blind <= 2 * Stage.WINDOW.toSeconds() + 10, "the status was unknown for " + blind + " s");
    figures.note("well after", stage.awaitHealthy(WELL_WITHIN));
  }

  static Row api() {
    return Row.of(
        "api-away",
        "API server away for 60 s: measurement and store go on, no restart, no storm after, view old by at most 60 s",
        (stage, figures) ->
            runOutage(
                stage,
                figures,
                plane -> {
                  plane.stop(ControlPlane.Part.API_SERVER);
                  Thread.sleep(API_AWAY.toMillis());
                  plane.start(ControlPlane.Part.API_SERVER);
                }));
  }

  static Row etcd() {
    return Row.of(
        "etcd-restart",
        "etcd killed and started again: measurement and store go on, no restart, no storm after, view old by at most"
            + " 60 s",
        (stage, figures) ->
            runOutage(
                stage,
                figures,
                plane -> {
                  plane.kill(ControlPlane.Part.ETCD);
                  Thread.sleep(Stage.WINDOW.toMillis());
                  plane.start(ControlPlane.Part.ETCD);
                }));
  }

  @FunctionalInterface
  private interface Outage {
    void of(ControlPlane plane) throws Exception;
  }

  private static void runOutage(Stage stage, Figures figures, Outage outage) throws Exception {
    InfluxDb store = stage.meshWithStore();
    stage.awaitHealthy(WELL_WITHIN);
    int restarts = stage.restarts();
    Instant from = stage.awaitStored(store);
    outage.of(stage.cluster().controlPlane());
    Instant back = Instant.now();
    Wait.until(
        "API server",
        WELL_WITHIN,
        () -> stage.cluster().controlPlane().isReady() ? "" : "not ready");
    Instant ready = Instant.now();
    figures.note("API server away for", Duration.between(from, ready));
    figures.note("view current after", timeToSeeChange(stage));
    Thread.sleep(Math.max(0, Duration.between(Instant.now(), back.plus(AFTER)).toMillis()));
    Map<String, Long> writes = writesSince(stage, back);
    long sum = writes.values().stream().mapToLong(Long::longValue).sum();
    figures.note("writes in the minute after", sum);
    Failure.unless(sum <= WRITES_AT_MOST, "a storm of writes after: " + writes);
    stage.awaitHealthy(WELL_WITHIN);
    int now = stage.restarts();
    figures.note("restarts", now - restarts);
    Failure.unless(now == restarts, (now - restarts) + " restarts");
    RolloutRows.noteTotals(stage, figures, from);
    Instant to = Instant.now();
    Wait.until(
        "store without a gap",
        STORED_WITHIN,
        () -> {
          Continuity seen = Continuity.of(store.windows(from), Stage.WINDOW, from, to);
          Failure.unless(seen.duplicated().isEmpty(), "doubled: " + seen.duplicated());
          return seen.missing().isEmpty() ? "" : seen.missing().toString();
        });
    figures.note("windows lost in the store", 0);
  }

  /** Time that a change of the mesh takes to reach every agent and the status. */
  private static Duration timeToSeeChange(Stage stage) throws InterruptedException, IOException {
    String excluded = stage.names().getLast();
    String key = "llamamesh.io/exclude";
    stage.cluster().kubectlUntilDone("annotate", "node", excluded, key + "=true", "--overwrite");
    try {
      return Wait.until(
          "mesh without " + excluded,
          OLD_AT_MOST,
          () -> {
            int nodes = stage.mesh().status().path("nodes").asInt();
            return nodes == stage.names().size() - 1 ? "" : nodes + " nodes";
          });
    } finally {
      stage.cluster().kubectlUntilDone("annotate", "node", excluded, key + "-");
    }
  }

  /** Writes of ours by who and what, without the renewals of Leases. */
  private static Map<String, Long> writesSince(Stage stage, Instant since) {
    Map<String, Long> writes = new TreeMap<>();
    for (AuditLog.Request request :
        stage
            .cluster()
            .controlPlane()
            .audit()
            .requests(request ->
                request.user().startsWith(OURS)
                    && request.isWrite()
                    && request.at().isAfter(since)
                    && !request.resource().startsWith("leases.")
                    && !request.resource().contains("subjectaccessreviews")
                    && !request.resource().contains("subjectrulesreviews"))) {
      writes.merge(request.user().substring(OURS.length()) + " " + request.right(), 1L, Long::sum);
    }
    return writes;
  }

  static Row halfOpen() {
    return Row.of(
        "watch-half-open",
        "connections to the API server half open (no packet comes or goes, neither end learns of it): no restart, view old by at"
            + " most 60 s",
        OutageRows::halfOpen);
  }

  private static void halfOpen(Stage stage, Figures figures) throws Exception {
    stage.healthyMesh();
    int restarts = stage.restarts();
    List<End> connections = ourConnections(stage);
    Failure.unless(!connections.isEmpty(), "nobody is connected to the API server");
    figures.note("connections", connections.size());
    Subprocess.run("nft", "add", "table", "inet", "halfopen");
    try {
      for (String chain : List.of("input", "output")) {
        Subprocess.run(
            "nft",
            "add chain inet halfopen %1$s { type filter hook %1$s priority 0; policy accept; }"
                .formatted(chain));
      }
      for (End peer : connections) {
        Subprocess.run(
            "nft",
            "add rule inet halfopen input ip saddr %s tcp sport %s tcp dport 6443 drop"
                .formatted(peer.address(), peer.port()));
        Subprocess.run(
            "nft",
            "add rule inet halfopen output ip daddr %s tcp dport %s tcp sport 6443 drop"
                .formatted(peer.address(), peer.port()));
      }
      figures.note("view current after", timeToSeeChange(stage));
      // What the agents do with it shows in the matrix: nobody probes the excluded node any more.
    } finally {
      Subprocess.run("nft", "delete", "table", "inet", "halfopen");
    }
    stage.awaitHealthy(WELL_WITHIN);
    int now = stage.restarts();
    figures.note("restarts", now - restarts);
    Failure.unless(now == restarts, (now - restarts) + " restarts");
  }

  /** One end of a connection. */
  record End(String address, String port) {
    private static final Pattern PLACE =
        Pattern.compile("(?:\\[::ffff:)?([0-9.]+)\\]?:([0-9]+)(?=\\s|$)");

    /** The local end of a line of ss, or that of the peer. */
    static End of(String line, boolean local) {
      List<End> ends =
          PLACE
              .matcher(line)
              .results()
              .map(found -> new End(found.group(1), found.group(2)))
              .toList();
      return local ? ends.getFirst() : ends.getLast();
    }
  }

  /** The far ends of all connections of our pods to the API server. */
  private static List<End> ourConnections(Stage stage) throws IOException, InterruptedException {
    List<End> ours = new ArrayList<>();
    // Pods with addresses of their own are ours only.
    Subprocess.run("ss", "-Htn", "state", "established", "sport = :6443")
        .lines()
        .map(line -> End.of(line, false))
        .filter(end -> end.address().startsWith("10.244."))
        .forEach(ours::add);
    for (Node node : stage.cluster().nodes()) {
      node.exec("ss", "-Htnp", "state", "established", "( dport = :443 or dport = :6443 )")
          .lines()
          .filter(line -> line.contains("\"java\""))
          .map(line -> End.of(line, true))
          .forEach(ours::add);
    }
    return ours;
  }
}
