package io.llamamesh.local.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.client.ClientOptions;
import io.llamamesh.client.ScraperClient;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.results.FabricReport;
import io.llamamesh.results.MeshReport;
import io.llamamesh.scraper.analysis.Limits;
import io.llamamesh.scraper.auth.Tokens;
import io.llamamesh.scraper.cluster.CursorStore;
import io.llamamesh.scraper.cluster.Leadership;
import io.llamamesh.scraper.cluster.StaticAgents;
import io.llamamesh.scraper.run.ScraperConfig;
import io.llamamesh.scraper.run.ScraperRun;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A real fabric of four, each with its API, and a real scraper that watches it. */
@Timeout(180)
class FabricReportTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int AGENTS = 4;

  private final List<FabricMember> members = new ArrayList<>();
  private final List<FabricPeer> peers = new ArrayList<>();
  private final ScraperRun scraper;
  private final ScraperClient client = new ScraperClient(ClientOptions.standard());

  FabricReportTest() throws IOException {
    for (int i = 1; i <= AGENTS; i++) {
      FabricMember member = new FabricMember("n" + i);
      members.add(member);
      peers.add(member.peer());
    }
    members.forEach(member -> member.join(peers));
    scraper =
        ScraperRun.start(
            new ScraperConfig(
                "mesh",
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Duration.ofSeconds(1),
                Duration.ofHours(1),
                Duration.ofSeconds(1),
                Limits.DEFAULT),
            new StaticAgents(String.join(",", members.stream().map(FabricMember::api).toList()), 1),
            null,
            CursorStore.NONE,
            Leadership.ALONE,
            Tokens.NONE);
  }

  @AfterEach
  void stop() {
    client.close();
    scraper.close();
    members.forEach(FabricMember::close);
  }

  private static List<String> unreachable(@Nullable MeshReport report) {
    FabricReport fabric = report == null ? null : report.fabric();
    return fabric == null
        ? List.of("nothing is known")
        : fabric.unreachable().stream().map(FabricReport.Unreachable::node).toList();
  }

  private static int watched(@Nullable MeshReport report) {
    FabricReport fabric = report == null ? null : report.fabric();
    return fabric == null ? 0 : fabric.agents();
  }

  @Test
  void aDeathIsInTheReportAndItsWatchWithinSecondsAndGoneWithAReturn() throws Exception {
    URI server = URI.create("http://127.0.0.1:" + scraper.address().getPort());
    Queue<MeshReport> seen = new ConcurrentLinkedQueue<>();
    try (var _ = client.watchReport(server, seen::add)) {
      await()
          .atMost(PATIENCE)
          .until(() -> seen.stream().anyMatch(r -> watched(r) == 3 && unreachable(r).isEmpty()));

      for (int victim = AGENTS - 1; victim >= 0; victim -= 3) {
        // The last one, and then the first: one of them is watched, whichever three are.
        String name = peers.get(victim).name();
        seen.clear();
        long began = System.nanoTime();
        members.get(victim).die();
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(10))
            .until(() -> seen.stream().anyMatch(r -> unreachable(r).equals(List.of(name))));
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        System.out.printf(
            "death of %s: in the watched report after %d ms%n", name, took.toMillis());
        assertThat(took).isLessThan(Duration.ofSeconds(10));
        assertThat(unreachable(client.report(server))).containsExactly(name);

        members.get(victim).join(peers);
        await().atMost(PATIENCE).until(() -> unreachable(client.report(server)).isEmpty());
      }
      await().atMost(PATIENCE).until(() -> watched(client.report(server)) == 3);
    }
    assertThat(scraper.metrics())
        .contains("llamamesh_fabric_report_agents 3.0", "llamamesh_fabric_report_partitions 0.0")
        .contains("llamamesh_fabric_report_unreachable{kind=\"node\"} 0.0");
  }
}
