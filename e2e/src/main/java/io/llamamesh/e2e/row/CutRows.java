package io.llamamesh.e2e.row;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.e2e.cluster.Failure;
import io.llamamesh.e2e.cluster.InfluxDb;
import io.llamamesh.e2e.cluster.Mesh;
import io.llamamesh.e2e.cluster.Node;
import io.llamamesh.e2e.cluster.Wait;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** A node that is off the network, whatever runs on it. */
final class CutRows {
  private static final Duration TRUE_WITHIN = Duration.ofSeconds(30);
  private static final Duration FRESH = Duration.ofSeconds(30);
  private static final Duration CUT = Duration.ofSeconds(75);
  private static final Duration WELL_WITHIN = Duration.ofMinutes(3);
  private static final Duration STORED_WITHIN = Duration.ofMinutes(2);

  private CutRows() {}

  static List<Row> all() {
    return List.of(
        row("node-cut", "a node", false, false),
        row("leader-cut", "the node with the operator's leader", true, false),
        row("writer-cut", "the node with the writing scraper", false, true),
        row("leader-and-writer-cut", "the node with both", true, true));
  }

  private static Row row(String name, String what, boolean leads, boolean writes) {
    return Row.of(
        name,
        what
            + " is cut off: the status is true again within 30 s (observedAt fresh, the node named) and stays so; no"
            + " window lost or doubled in the store after it heals",
        (stage, figures) -> cut(stage, figures, leads, writes));
  }

  private static void cut(Stage stage, Figures figures, boolean leads, boolean writes)
      throws Exception {
    InfluxDb store = stage.meshWithStore();
    String name = new LeaderPlacement(stage).arrange(leads, writes);
    stage.awaitHealthy(WELL_WITHIN);
    Node node = stage.cluster().node(name);
    Instant from = stage.awaitStored(store);
    stage.log("cutting off " + name);
    node.cutOff();
    Instant cut = Instant.now();
    try {
      figures.note(
          "true after",
          Wait.until(
              "status that names " + name,
              TRUE_WITHIN,
              () -> missing(stage.mesh().status(), name)));
      Duration oldest = Duration.ZERO;
      while (Instant.now().isBefore(cut.plus(CUT))) {
        JsonNode status = stage.mesh().status();
        Duration age = age(status);
        oldest = age.compareTo(oldest) > 0 ? age : oldest;
        String lacking = missing(status, name);
        Failure.unless(lacking.isEmpty(), "no longer true while it is cut off: " + lacking);
        Thread.sleep(1000);
      }
      figures.note("status old by at most", oldest);
    } finally {
      node.reconnect();
    }
    Instant healed = Instant.now();
    stage.log("reconnected " + name);
    figures.note("well after", stage.awaitHealthy(WELL_WITHIN));
    Instant to = Instant.now();
    figures.note(
        "stored after",
        Wait.until(
            "store without a gap from "
                + from
                + " (cut "
                + cut
                + ", healed "
                + healed
                + ") to "
                + to,
            STORED_WITHIN,
            () -> {
              Continuity seen = Continuity.of(store.windows(from), Stage.WINDOW, from, to);
              Failure.unless(
                  seen.duplicated().isEmpty(), "doubled: " + abbreviate(seen.duplicated()));
              return seen.missing().isEmpty() ? "" : abbreviate(seen.missing());
            }));
    figures.note("lost or doubled windows", 0);
  }

  private static String abbreviate(List<String> all) {
    return all.size() + " times, as " + all.stream().limit(3).toList();
  }

  /** Age of the status: time since {@code observedAt}. */
  private static Duration age(JsonNode status) {
    String observed = status.path("observedAt").asText();
    return observed.isEmpty()
        ? Duration.ofDays(1)
        : Duration.between(Instant.parse(observed), Instant.now());
  }

  /** The part that a status lacks to be fresh and to name a node; empty: nothing. */
  private static String missing(JsonNode status, String node) {
    Duration age = age(status);
    if (age.compareTo(FRESH) > 0) {
      return "observedAt is '" + status.path("observedAt").asText() + "'";
    }
    Mesh.Condition network = Mesh.condition(status, "NetworkHealthy");
    boolean named = network.message().contains(node);
    for (JsonNode suspect : status.path("suspects")) {
      named |= suspect.path("name").asText().equals(node);
    }
    return network.status().equals("False") && named ? "" : network.toString();
  }
}
