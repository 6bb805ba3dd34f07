package io.llamamesh.scraper.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llamamesh.client.fake.FakeMeshServer;
import io.llamamesh.results.BurstReport;
import io.llamamesh.scraper.fabric.FabricWatcher.Voice;
import io.llamamesh.scraper.web.PageBursts.Order;
import io.llamamesh.scraper.web.RefusedBurstException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class BurstRelayTest {
  private static final Order ORDER = new Order("node-3", 200, 1, "ann");
  private static final Map<String, String> JSON = Map.of("Content-Type", "application/json");
  private static final String ROW =
      """
      {"source":"node-1","state":"done","sent":200,"received":160,"late":0,"lost":40,
       "lossPercent":20.0,"lossLow":15.04,"lossHigh":26.08,"series":[{"address":"x"}]}\
      """;

  private final FakeMeshServer first = FakeMeshServer.start();
  private final FakeMeshServer second = FakeMeshServer.start();
  private final List<Voice> voices =
      List.of(new Voice("node-1", first.uri()), new Voice("node-2", second.uri()));

  BurstRelayTest() throws IOException {}

  @AfterEach
  void stop() {
    first.close();
    second.close();
  }

  private static void script(FakeMeshServer agent, String state, String rows) {
    String burst =
        """
        {"id":"b1","target":"node-3","pps":200,"seconds":1.0,"by":"ann",
         "startedAt":"2026-12-01T04:00:00Z","state":"%s","rows":[%s],"missing":["node-4"]}\
        """
            .formatted(state, rows);
    agent.respond("/v1/burst", 200, JSON, burst).respond("/v1/burst/b1", 200, JSON, burst);
  }

  private BurstRelay relay(List<Voice> agents) {
    return new BurstRelay(() -> agents, true, () -> "secret", Duration.ofMillis(600));
  }

  @Test
  void oneAgentIsAskedAndReadUntilAllHaveAnswered() throws Exception {
    script(first, "running", "");
    try (BurstRelay relay = relay(voices)) {
      BurstReport burst = relay.start(ORDER);

      assertThat(burst.isDone()).isFalse();
      assertThat(burst.target()).isEqualTo("node-3");
      script(first, "done", ROW);
      await().until(() -> relay.find("b1").orElseThrow().answered() == 1);
      BurstReport.Row row = relay.recent().getFirst().rows().getFirst();
      assertThat(row.lossPercent()).isEqualTo(20);
      assertThat(row.lossHigh()).isEqualTo(26.08);
      assertThat(second.requests()).isEmpty();
    }
  }

  @Test
  void aSecondBurstAtANodeIsRefusedWhileOneIsOnItsWayAndNamesWhoAsked() throws Exception {
    script(first, "running", "");
    try (BurstRelay relay = relay(voices)) {
      assertThat(relay.start(ORDER).isDone()).isFalse();

      assertThatThrownBy(() -> relay.start(ORDER))
          .isInstanceOf(RefusedBurstException.class)
          .hasMessage("a burst at node-3 is on its way already, asked for by ann");
    }
  }

  @Test
  void anAgentThatFallsSilentEndsTheBurstAndItsNodeMayBeProbedAgain() throws Exception {
    script(first, "running", "");
    try (BurstRelay relay = relay(voices)) {
      assertThat(relay.start(ORDER).isDone()).isFalse();
      first.respond("/v1/burst/b1", 500, Map.of(), "");

      await().until(() -> relay.find("b1").orElseThrow().isDone());
      assertThat(relay.find("b1").orElseThrow().missing()).containsExactly("node-4");
      assertThat(relay.start(ORDER).id()).isEqualTo("b1");
    }
  }

  @Test
  void whatAnAgentRefusesIsPassedOnInItsOwnWordsAndNobodyElseIsAsked() throws Exception {
    first.respond("/v1/burst", 409, JSON, "{\"error\":\"node-3 rests for 7 more seconds\"}");
    try (BurstRelay relay = relay(voices)) {
      assertThatThrownBy(() -> relay.start(ORDER))
          .hasMessage("node-1: node-3 rests for 7 more seconds");
      assertThat(second.requests()).isEmpty();
      script(first, "done", "");
      assertThat(relay.start(ORDER).isDone()).isTrue();
    }
  }

  @Test
  void whereAnAgentIsGoneTheNextIsAsked() throws Exception {
    first.close();
    script(second, "done", ROW);
    try (BurstRelay relay = relay(voices)) {
      assertThat(relay.start(ORDER).answered()).isEqualTo(1);
    }
  }

  @Test
  void theNodeItselfIsAskedLast() throws Exception {
    script(first, "done", "");
    script(second, "done", "");
    List<Voice> withTarget =
        List.of(new Voice("node-3", first.uri()), new Voice("node-2", second.uri()));
    try (BurstRelay relay = relay(withTarget)) {
      assertThat(relay.start(ORDER).isDone()).isTrue();
      assertThat(first.requests()).isEmpty();
    }
  }

  @Test
  void whereNobodyMayActNobodyIsAsked() {
    try (BurstRelay relay = new BurstRelay(() -> voices, false, () -> "secret")) {
      assertThat(relay.unavailableReason()).contains("spec.scraper.tokenSecret");
      assertThatThrownBy(() -> relay.start(ORDER)).isInstanceOf(RefusedBurstException.class);
      assertThat(first.requests()).isEmpty();
    }
  }

  @Test
  void whereNoAgentHasAFabricNoneIsStarted() {
    try (BurstRelay relay = relay(List.of())) {
      assertThatThrownBy(() -> relay.start(ORDER))
          .hasMessage("no agent with the fabric answers this scraper now");
    }
  }

  @Test
  void anAnswerOfAnotherBurstIsNotTaken() throws Exception {
    script(first, "running", "");
    try (BurstRelay relay = relay(voices)) {
      assertThatThrownBy(() -> relay.start(new Order("node-4", 200, 1, "ann")))
          .hasMessage("node-1 answers of a burst at another node");
      assertThat(relay.recent()).isEmpty();
    }
  }

  @Test
  void numbersThatCannotBeAreNoAnswer() throws Exception {
    script(first, "done", ROW.replace("26.08", "226.08"));
    try (BurstRelay relay = relay(voices)) {
      assertThatThrownBy(() -> relay.start(ORDER))
          .hasMessageContaining("answers something else than a burst");
      assertThat(relay.recent()).isEmpty();
    }
  }
}
