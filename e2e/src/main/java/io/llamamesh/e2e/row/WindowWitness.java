package io.llamamesh.e2e.row;

import io.llamamesh.e2e.cluster.AgentWindows;
import io.llamamesh.e2e.cluster.Mesh;
import io.llamamesh.e2e.cluster.Node;
import io.llamamesh.e2e.cluster.PodLogs;
import io.llamamesh.e2e.cluster.Release;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads every agent a few times a second, and the logs of agents and scrapers. */
final class WindowWitness implements AutoCloseable {
  private static final long READ_EVERY_MILLIS = 300;

  private final List<Node> nodes;
  private final AgentWindows agents;
  private final WindowLedger ledger;
  private final Map<Node, PodLogs> logs = new HashMap<>();
  private final Map<Node, String> cursors = new HashMap<>();
  private final Thread thread;
  private volatile Map<String, Long> givenUp = Map.of();
  private volatile String problem = "";

  WindowWitness(Stage stage, WindowLedger ledger) throws IOException {
    this.nodes = stage.cluster().nodes();
    this.ledger = ledger;
    this.agents = new AgentWindows(stage.cluster(), Mesh.NAME);
    for (Node node : nodes) {
      logs.put(node, new PodLogs(node, Release.NAME + "_" + Mesh.NAME + "-"));
    }
    this.thread = Thread.ofVirtual().name("window-witness").start(this::run);
  }

  /** Windows that were given up so far, by agent. */
  Map<String, Long> givenUp() {
    return givenUp;
  }

  /** What kept it from reading logs; empty: nothing. */
  String problem() {
    return problem;
  }

  private void run() {
    try {
      while (true) {
        for (Node node : nodes) {
          readWindows(node);
        }
        readLogs();
        Thread.sleep(READ_EVERY_MILLIS);
      }
    } catch (InterruptedException e) {
      // Closed.
    } catch (IOException | RuntimeException e) {
      problem = "the witness ended: " + e;
    }
  }

  private void readWindows(Node node) throws InterruptedException {
    try {
      AgentWindows.Page page = agents.read(node, cursors.getOrDefault(node, ""));
      ledger.publish(page.points());
      cursors.put(node, page.cursor());
    } catch (IOException e) {
      // It is away.
    }
  }

  private void readLogs() throws IOException {
    Map<String, String> names = new HashMap<>();
    nodes.forEach(node -> names.put(node.address(), node.name()));
    Map<String, Long> given = new HashMap<>(givenUp);
    for (Map.Entry<Node, PodLogs> log : logs.entrySet()) {
      WindowLedger.countGivenUp(log.getValue().read(), log.getKey().name(), names, given);
    }
    givenUp = Map.copyOf(given);
  }

  @Override
  public void close() throws IOException {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    agents.close();
    for (PodLogs log : logs.values()) {
      log.close();
    }
  }
}
