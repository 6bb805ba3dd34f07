package io.llamamesh.local.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.local.store.EmbeddedStore;
import io.llamamesh.local.store.SqlStore;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Agents and a scraper as they are shipped, and a real store: whatever becomes of an agent, what it
 * published is in the store, once.
 */
class RealAgentsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int AGENTS = 3;
  private static final int WINDOWS = 4;

  private final List<RealAgent> agents = new ArrayList<>();
  private final EmbeddedStore store;
  private final SqlStore sql;
  private final Program scraper;

  RealAgentsIT(@TempDir Path folder) throws Exception {
    this.store = EmbeddedStore.start(folder.resolve("store"), 0);
    this.sql = new SqlStore(store.url());
    sql.createTables();
    int port = freePort();
    int ingest = freePort();
    for (int i = 1; i <= AGENTS; i++) {
      agents.add(new RealAgent(i, AGENTS, port, ingest, folder));
    }
    this.scraper =
        new Program(
            "scraper",
            folder.resolve("scraper.log"),
            List.of(
                "scraper",
                "--bind=127.0.0.1",
                "--port=" + freePort(),
                "--ingest-port=" + ingest,
                "--interval=1s",
                "--collectors=" + String.join(",", agents.stream().map(RealAgent::api).toList()),
                "--cursor-file=" + folder.resolve("cursors.json"),
                "--influxdb-url=" + store.url()));
  }

  @BeforeEach
  void startAll() throws Exception {
    scraper.start();
    for (RealAgent agent : agents) {
      agent.program().start();
    }
    for (RealAgent agent : agents) {
      awaitWindowsOf(agent, WINDOWS);
    }
  }

  @AfterEach
  void endAll() {
    agents.forEach(agent -> agent.program().close());
    scraper.close();
    sql.close();
    store.close();
  }

  @Test
  void whatAKilledAndADrainedAgentPublishedIsStoredOnce() throws Exception {
    RealAgent killed = agents.get(0);
    RealAgent drained = agents.get(1);

    killed.program().kill();
    killed.program().start();
    int before = rowsOf(killed);
    assertThat(drained.program().terminate()).as(drained.program().log()).isZero();
    assertThat(drained.program().log())
        .contains("unread windows uploaded")
        .doesNotContain("unread windows not uploaded");
    awaitWindowsOf(killed, before + WINDOWS);
    for (RealAgent agent : agents) {
      assertThat(agent.program().terminate()).isZero();
    }

    Set<String> published = new TreeSet<>();
    for (RealAgent agent : agents) {
      Set<String> own = agent.published();
      assertThat(own).as(agent.name()).hasSizeGreaterThan(2 * WINDOWS);
      published.addAll(own);
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(new TreeSet<>(sql.rows())).isEqualTo(published));
    List<String> rows = sql.rows();
    System.out.printf(
        "one agent killed and started again, one drained: published=%d stored=%d%n",
        published.size(), rows.size());
    assertThat(rows).doesNotHaveDuplicates().hasSameSizeAs(published);
  }

  private void awaitWindowsOf(RealAgent agent, int windows) {
    await()
        .atMost(PATIENCE)
        .failFast(
            "the agent or the scraper ended", () -> !agent.program().alive() || !scraper.alive())
        .until(() -> rowsOf(agent) >= windows);
  }

  /** Windows of the pair that the store has least of; one that said goodbye is probed no more. */
  private int rowsOf(RealAgent agent) throws Exception {
    Map<String, Long> rows = sql.rowsByPair(Instant.EPOCH);
    return agents.stream()
        .filter(other -> other != agent && other.program().alive())
        .mapToInt(other -> rows.getOrDefault(agent.name() + ">" + other.name(), 0L).intValue())
        .min()
        .orElseThrow();
  }

  private static int freePort() throws Exception {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }
}
