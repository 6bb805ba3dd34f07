package io.llamamesh.e2e.row;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.e2e.cluster.Failure;
import io.llamamesh.e2e.cluster.Mesh;
import io.llamamesh.e2e.cluster.Node;
import io.llamamesh.e2e.cluster.Wait;
import java.time.Duration;
import java.time.Instant;

/** Nodes that come, go and move. */
final class NodeRows {
  private static final Duration JOINED_WITHIN = Duration.ofSeconds(15);
  private static final Duration LEFT_WITHIN = Duration.ofSeconds(5);
  private static final Duration WELL_WITHIN = Duration.ofMinutes(3);
  private static final int OTHER_HOST = 51;

  private NodeRows() {}

  static Row joins() {
    return Row.of(
        "node-joins-and-leaves",
        "a node joins within 15 s of being ready, is drained with 0 lost, and has left within 5 s of its deletion",
        NodeRows::joins);
  }

  private static void joins(Stage stage, Figures figures) throws Exception {
    stage.healthyMesh();
    int before = stage.cluster().nodes().size();
    Instant began = Instant.now();
    Node node = stage.cluster().addNode();
    try {
      Duration joined =
          Wait.until(
              node.name() + " is a member",
              WELL_WITHIN,
              () -> {
                int nodes = stage.mesh().status().path("nodes").asInt();
                return nodes == before + 1 ? "" : nodes + " members";
              });
      figures.note("joined after", joined);
      figures.note("full matrix after", stage.awaitFullMatrix(Instant.now(), WELL_WITHIN));
      stage.awaitHealthy(WELL_WITHIN);
      stage
          .cluster()
          .kubectl(
              "drain",
              node.name(),
              "--ignore-daemonsets",
              "--delete-emptydir-data",
              "--timeout=90s");
      stage.awaitHealthy(WELL_WITHIN);
      stage.client().nodes().withName(node.name()).delete();
      Duration left =
          Wait.until(
              node.name() + " has left",
              WELL_WITHIN,
              () -> {
                int nodes = stage.mesh().status().path("nodes").asInt();
                return nodes == before ? "" : nodes + " members";
              });
      figures.note("left after", left);
      RolloutRows.noteTotals(stage, figures, began);
      Failure.unless(
          joined.compareTo(JOINED_WITHIN) <= 0, "joined only after " + Figures.seconds(joined));
      Failure.unless(left.compareTo(LEFT_WITHIN) <= 0, "left only after " + Figures.seconds(left));
    } finally {
      stage.cluster().removeNode(node);
    }
    stage.awaitHealthy(WELL_WITHIN);
  }

  static Row address() {
    return Row.of(
        "address-changes",
        "a node's address changes: AgentsReady=False AddressChanged names it, then all is well",
        NodeRows::address);
  }

  private static void address(Stage stage, Figures figures) throws Exception {
    stage.healthyMesh();
    Node node = stage.cluster().nodes().get(1);
    int own = 10 + node.index();
    try {
      stage.cluster().changeAddress(node, OTHER_HOST);
      figures.note(
          "reported after",
          Wait.until(
              "AddressChanged",
              Duration.ofSeconds(60),
              () -> {
                Mesh.Condition agents = stage.mesh().condition("AgentsReady");
                return agents.reason().equals("AddressChanged")
                        && agents.message().contains(node.name())
                    ? ""
                    : agents.toString();
              }));
      Instant reported = Instant.now();
      figures.note("well after", stage.awaitHealthy(WELL_WITHIN));
      stage.awaitFullMatrix(Instant.now(), WELL_WITHIN);
      figures.note("full matrix after", Duration.between(reported, Instant.now()));
      for (JsonNode each : stage.mesh().matrixSince(reported).orElseThrow().path("nodes")) {
        if (each.path("name").asText().equals(node.name())) {
          Failure.unless(
              each.path("address").asText().contains(node.address()),
              "the matrix has another address: " + each);
        }
      }
    } finally {
      stage.cluster().changeAddress(node, own);
    }
    stage.awaitHealthy(WELL_WITHIN);
  }
}
