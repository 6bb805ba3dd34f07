package io.llamamesh.e2e.row;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.e2e.cluster.Failure;
import io.llamamesh.e2e.cluster.Mesh;
import io.llamamesh.e2e.cluster.Node;
import io.llamamesh.e2e.cluster.Wait;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** What agents know of each other, in the mesh's status within seconds. */
final class FabricRows {
  private static final Duration NAMED_WITHIN = Duration.ofSeconds(3);

  /** Beyond this it was windows that named it. */
  private static final Duration NOTED_WITHIN = Duration.ofSeconds(20);

  private static final Duration WELL_WITHIN = Duration.ofMinutes(3);
  private static final int ROUNDS = 3;

  private FabricRows() {}

  static Row fabric() {
    return Row.of(
        "fabric",
        "a node cut off, two nodes that do not hear each other, one that does not hear another, three times each, and a"
            + " node that loses its power: named by the status with its sides within 3 s, once in ten later",
        FabricRows::fabric);
  }

  private static void fabric(Stage stage, Figures figures) throws Exception {
    stage.install();
    stage.mesh().apply("{fabric: {enabled: true}, collector: {interval: 2s}}");
    Rounds rounds = new Rounds(stage, figures);
    try {
      awaitFabric(stage);
      // The status is to be read, so that who reads the report and who writes it stay.
      Node node = stage.cluster().node(new LeaderPlacement(stage).arrange(false, false));
      List<Node> others = stage.cluster().nodes().stream().filter(n -> n != node).toList();
      Node other = others.getFirst();
      for (int round = 1; round <= ROUNDS; round++) {
        rounds.play(
            "cut",
            "NodeUnreachable",
            node.name() + " is heard by no other agent",
            node::cutOff,
            node::reconnect);
        rounds.play(
            "partition",
            "Partitioned",
            " <-x-> ",
            () -> {
              node.dropIngress("ip saddr " + other.address());
              other.dropIngress("ip saddr " + node.address());
            },
            () -> {
              node.stopDropping();
              other.stopDropping();
            });
        rounds.play(
            "one way",
            "Partitioned",
            // The side with the first of all names comes first.
            other.name().compareTo(node.name()) < 0
                ? "{" + other.name() + "} -x-> {" + node.name() + "}"
                : "{" + node.name() + "} <-x- {" + other.name() + "}",
            () -> node.dropIngress("ip saddr " + other.address()),
            node::stopDropping);
      }
      Node more = stage.cluster().addNode();
      try {
        awaitFabric(stage);
        rounds.play(
            "power lost",
            "NodeUnreachable",
            more.name() + " is heard by no other agent",
            () -> {
              // Without power nothing is said any more; processes that are only killed close their
              // connections.
              more.cutOff();
              more.close();
            },
            () -> stage.cluster().removeNode(more));
      } finally {
        if (stage.cluster().nodes().contains(more)) {
          stage.cluster().removeNode(more);
        }
      }
      rounds.check();
    } finally {
      stage.mesh().apply("{}");
    }
    stage.awaitHealthy(WELL_WITHIN);
  }

  /**
   * Waits until the mesh is healthy, and the scraper hears three agents of whom nobody misses any.
   */
  private static void awaitFabric(Stage stage) throws InterruptedException {
    stage.awaitHealthy(WELL_WITHIN);
    Wait.until(
        "fabric",
        WELL_WITHIN,
        () -> {
          JsonNode fabric = stage.mesh().report().orElseThrow().path("fabric");
          boolean clear =
              fabric.path("unreachable").isEmpty() && fabric.path("partitions").isEmpty();
          return fabric.path("agents").asInt() == 3 && clear ? "" : "the report has " + fabric;
        });
    stage.awaitHealthy(WELL_WITHIN);
  }

  /** Rounds of faults, and how long each took to be named. */
  private static final class Rounds {
    private final Stage stage;
    private final Figures figures;
    private int played;
    private int late;

    Rounds(Stage stage, Figures figures) {
      this.stage = stage;
      this.figures = figures;
    }

    interface Action {
      void run() throws IOException, InterruptedException;
    }

    void play(String what, String reason, String words, Action fault, Action mend)
        throws IOException, InterruptedException {
      stage.log(what);
      fault.run();
      try {
        Duration named =
            Wait.until(
                what + " in the status",
                NOTED_WITHIN,
                () -> {
                  Mesh.Condition network = stage.mesh().condition("NetworkHealthy");
                  return network.reason().equals(reason) && network.message().contains(words)
                      ? ""
                      : network.toString();
                });
        figures.note(what + " after", named);
        played++;
        late += named.compareTo(NAMED_WITHIN) > 0 ? 1 : 0;
      } finally {
        mend.run();
      }
      figures.note("well after", stage.awaitHealthy(WELL_WITHIN));
    }

    void check() {
      Failure.unless(
          late <= played / 10, late + " of " + played + " faults were named only after 3 s");
    }
  }
}
