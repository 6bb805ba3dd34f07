package io.llamamesh.scraper.pull;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.SilencedNode;
import io.llamamesh.scraper.cluster.AgentEndpoint;
import io.llamamesh.scraper.cluster.HostPort;
import io.llamamesh.scraper.testing.FakeAgent;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SilencePollerTest {
  private FakeAgent one;
  private FakeAgent two;
  private final SilencePoller poller = new SilencePoller(() -> null, InstantSource.system());

  @BeforeEach
  void start() throws Exception {
    one = FakeAgent.start();
    two = FakeAgent.start();
    poller.setAgents(
        List.of(
            new AgentEndpoint("a", List.of(new HostPort("127.0.0.1", one.port()))),
            new AgentEndpoint("b", List.of(new HostPort("127.0.0.1", two.port())))));
  }

  @AfterEach
  void stop() {
    poller.close();
    one.close();
    two.close();
  }

  private static String silence() {
    Instant now = Instant.now();
    return silence(now.minusSeconds(60), now.plusSeconds(600));
  }

  private static String silence(Instant since, Instant until) {
    return """
    {"silences": [{"node": "n", "since": "%s", "until": "%s", "by": "ann", "because": "swap"}]}
    """
        .formatted(since, until);
  }

  private List<String> silenced() {
    return poller.active().stream().map(SilencedNode::node).toList();
  }

  @Test
  void anAgentThatKeepsNoSilencesEndsNoneThatAnotherKnows() throws Exception {
    assertThat(poller.isKnown()).isFalse();
    two.silences(silence());

    assertThat(poller.refresh()).isLessThan(Duration.ofSeconds(10));

    assertThat(poller.isKnown()).isTrue();
    assertThat(silenced()).containsExactly("n");
    two.silences("no document");
    assertThat(poller.refresh()).isLessThan(Duration.ofSeconds(10));
    assertThat(poller.refresh()).isLessThan(Duration.ofSeconds(10));
    assertThat(silenced()).containsExactly("n");
  }

  @Test
  void aSilenceThatWasSetByAClockThatIsAheadHoldsFromNowOnAndIsCounted() throws Exception {
    Instant since = Instant.now().plus(Duration.ofHours(2));
    one.silences(silence(since, since.plusSeconds(600)));

    var _ = poller.refresh();

    assertThat(poller.active())
        .singleElement()
        .satisfies(silence -> {
          assertThat(silence.node()).isEqualTo("n");
          assertThat(silence.until()).isBefore(Instant.now().plusSeconds(601));
        });
    assertThat(poller.heldForTheirLength()).isOne();
    assertThat(poller.ignored()).isZero();
  }

  @Test
  void whereNoAgentKeepsSilencesThereAreNoneAndTheyAreAskedLessOften() throws Exception {
    two.silences(silence());
    var _ = poller.refresh();
    two.silences(null);

    assertThat(poller.refresh()).isEqualTo(Duration.ofSeconds(60));

    assertThat(silenced()).isEmpty();
    assertThat(poller.isKnown()).isTrue();
  }
}
