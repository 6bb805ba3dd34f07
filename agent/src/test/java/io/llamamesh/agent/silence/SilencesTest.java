package io.llamamesh.agent.silence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.llamamesh.agent.tool.ToolRefusedException;
import io.llamamesh.agent.tool.ToolRefusedException.Kind;
import io.llamamesh.results.SilencedNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

class SilencesTest {

  private Instant now = Instant.parse("2026-12-01T00:00:00Z");
  private final FakeSilenceStore store = new FakeSilenceStore();
  private final Silences silences =
      new Silences(store, name -> name.startsWith("node-"), () -> now);

  /** A store in memory. */
  private static final class FakeSilenceStore implements SilenceStore {
    private final Map<String, SilencedNode> kept = new TreeMap<>();

    @Override
    public List<SilencedNode> read() {
      return List.copyOf(kept.values());
    }

    @Override
    public void write(SilencedNode silence) {
      kept.put(silence.node(), silence);
    }

    @Override
    public void remove(String node) {
      kept.remove(node);
    }
  }

  private SilencedNode silence(String node, Duration length) {
    return new SilencedNode(node, now, now.plus(length), "ann", "disk swap");
  }

  @Test
  void aSilenceEndsByItself() throws Exception {
    silences.silence(silence("node-2", Duration.ofHours(2)));
    now = now.plus(Duration.ofHours(2)).minusMillis(1);
    assertThat(silences.active()).extracting(SilencedNode::node).containsExactly("node-2");

    now = now.plusMillis(1);

    assertThat(silences.active()).isEmpty();
  }

  @Test
  void whatIsOverForADayIsRemovedWhenSomebodyIsSilencedNext() throws Exception {
    silences.silence(silence("node-2", Duration.ofHours(1)));
    now = now.plus(Duration.ofHours(25));
    silences.silence(silence("node-3", Duration.ofDays(2)));
    assertThat(store.kept).containsOnlyKeys("node-2", "node-3");
    now = now.plusMillis(1);

    silences.silence(silence("node-3", Duration.ofHours(1)));

    assertThat(store.kept).containsOnlyKeys("node-3");
  }

  @Test
  void aSecondSilenceReplacesTheFirst() throws Exception {
    silences.silence(silence("node-2", Duration.ofHours(1)));
    silences.silence(silence("node-2", Duration.ofMinutes(5)));

    assertThat(silences.active())
        .extracting(SilencedNode::until)
        .containsExactly(now.plus(Duration.ofMinutes(5)));
  }

  @Test
  void endingItIsForThoseThatAreSilenced() throws Exception {
    silences.silence(silence("node-2", Duration.ofHours(1)));
    silences.end("node-2", "bob");

    assertThat(silences.active()).isEmpty();
    assertThatExceptionOfType(ToolRefusedException.class)
        .isThrownBy(() -> silences.end("node-2", "bob"))
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.UNKNOWN));
  }

  @Test
  void aNodeThatNobodyKnowsIsNotSilenced() {
    assertThatExceptionOfType(ToolRefusedException.class)
        .isThrownBy(() -> silences.silence(silence("nodes-2", Duration.ofHours(1))))
        .withMessage("no member that this agent knows is called nodes-2");
    assertThat(store.kept).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "node-2; 0;      ann; why; until",
        "node-2; -5;     ann; why; until",
        "node-2; 604801; ann; why; a node is silenced for 7 days at most",
        "'';     60;     ann; why; node",
        "node-2; 60;     '';  why; by",
        "node-2; 60;     ann; '';  because",
        "node-2; 60;     ann; 'a\nb'; because",
        "node-2; 60;     ann; '\u001b[2J'; because"
      })
  void whatIsOutOfBoundsIsRefused(
      String node, long seconds, String by, String because, String named) {
    SilencedNode silence = new SilencedNode(node, now, now.plusSeconds(seconds), by, because);

    assertThatExceptionOfType(ToolRefusedException.class)
        .isThrownBy(() -> silences.silence(silence))
        .withMessageStartingWith(named)
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.INVALID));
    assertThat(store.kept).isEmpty();
  }

  @Test
  void ofAThousandSilencesAHundredAreTakenAndThoseMayBeChangedAndEnded() throws Exception {
    for (int i = 0; i < SilencedNode.MAX_SILENCED; i++) {
      silences.silence(silence("node-" + i, Duration.ofHours(1)));
    }
    for (int i = 100; i < 1_000; i++) {
      SilencedNode more = silence("node-" + i, Duration.ofHours(1));
      assertThatExceptionOfType(ToolRefusedException.class)
          .isThrownBy(() -> silences.silence(more))
          .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.BUSY));
    }

    silences.silence(silence("node-7", Duration.ofHours(2)));
    silences.end("node-8", "bob");
    silences.silence(silence("node-100", Duration.ofHours(1)));

    assertThat(silences.active()).hasSize(SilencedNode.MAX_SILENCED);
  }

  @Test
  void whatOthersPutIntoTheStoreIsHeldToTheBounds() throws Exception {
    store.write(new SilencedNode("node-2", now, now.plus(Duration.ofDays(365)), "x", "y"));
    for (int i = 0; i < 300; i++) {
      store.write(silence("node-" + i + "-x", Duration.ofHours(1)));
    }

    assertThat(silences.active())
        .hasSize(SilencedNode.MAX_SILENCED)
        .noneMatch(silence -> silence.node().equals("node-2"));
  }

  @Test
  void whoSilencesWhatAndWhyAndWhoEndsItIsInTheLog() throws Exception {
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    Logger logger = (Logger) LoggerFactory.getLogger(Silences.class);
    logger.addAppender(log);
    logger.setLevel(Level.INFO);
    try {
      silences.silence(silence("node-2", Duration.ofHours(2)));
      silences.end("node-2", "bob");
    } finally {
      logger.detachAppender(log);
      logger.setLevel(null);
    }

    assertThat(log.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly(
            "node silenced node=node-2 until=2026-12-01T02:00:00Z by=\"ann\" because=\"disk swap\"",
            "silence ended node=node-2 by=\"bob\"");
  }
}
