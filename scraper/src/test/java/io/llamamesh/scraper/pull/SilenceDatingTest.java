package io.llamamesh.scraper.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.llamamesh.results.SilencedNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class SilenceDatingTest {
  private static final Instant START = Instant.parse("2026-12-01T00:00:00Z");

  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger(SilenceDating.class);
  private final SilenceDating dating = new SilenceDating();

  @BeforeEach
  void listen() {
    log.start();
    logger.addAppender(log);
    logger.setLevel(Level.WARN);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(log);
    logger.setLevel(null);
  }

  /** A silence that an agent sets at the start, whose clock is ahead. */
  private static SilencedNode set(String node, Duration ahead, Duration length) {
    Instant since = START.plus(ahead);
    return new SilencedNode(node, since, since.plus(length), "ann", "disk swap");
  }

  private List<SilencedNode> after(Duration time, SilencedNode... read) {
    return dating.date(List.of(read), START.plus(time));
  }

  @Test
  void aSilenceOfAClockThatIsAheadHoldsForItsLengthAndNotForLonger() {
    SilencedNode silence = set("node-2", Duration.ofHours(3), Duration.ofHours(2));

    assertThat(after(Duration.ofSeconds(3), silence))
        .containsExactly(
            new SilencedNode(
                "node-2",
                START.plusSeconds(3),
                START.plusSeconds(3).plus(Duration.ofHours(2)),
                "ann",
                "disk swap"));

    assertThat(after(Duration.ofHours(2).plusSeconds(2), silence)).hasSize(1);
    assertThat(after(Duration.ofHours(2).plusSeconds(3), silence)).isEmpty();
    // By then it has begun by its own clock.
    assertThat(after(Duration.ofHours(4), silence)).isEmpty();
    assertThat(dating.held()).isOne();
    assertThat(dating.ignored()).isZero();
    assertThat(log.list)
        .singleElement()
        .satisfies(line ->
            assertThat(line.getFormattedMessage())
                .contains("node=node-2 ahead=10797s until=2026-12-01T02:00:03Z"));
  }

  @Test
  void anAnswerThatLacksItDoesNotLengthenIt() {
    SilencedNode silence = set("node-2", Duration.ofHours(3), Duration.ofHours(2));
    var _ = after(Duration.ZERO, silence);
    assertThat(after(Duration.ofHours(1))).isEmpty();

    assertThat(after(Duration.ofHours(1).plusSeconds(3), silence))
        .extracting(SilencedNode::until)
        .containsExactly(START.plus(Duration.ofHours(2)));
    assertThat(after(Duration.ofHours(2))).isEmpty();
    assertThat(after(Duration.ofHours(4), silence)).isEmpty();

    assertThat(after(Duration.ofHours(5))).isEmpty();
    assertThat(dating.remembered()).isZero();
    assertThat(dating.held()).isOne();
  }

  @Test
  void whoSilencesItAgainHasItForTheNewLength() {
    SilencedNode first = set("node-2", Duration.ofHours(1), Duration.ofHours(1));
    var _ = after(Duration.ZERO, first);
    SilencedNode second =
        new SilencedNode(
            "node-2",
            first.since().plusSeconds(600),
            first.since().plusSeconds(1200),
            "bob",
            "again");

    assertThat(after(Duration.ofMinutes(10), second))
        .extracting(SilencedNode::until, SilencedNode::by)
        .containsExactly(tuple(START.plusSeconds(1200), "bob"));
    assertThat(dating.held()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(longs = {-3600, -60, 0, 1, 60})
  void timesThatOurClockAgreesWithAreTakenAsTheyAre(long ahead) {
    SilencedNode silence = set("node-2", Duration.ofSeconds(ahead), Duration.ofHours(2));

    assertThat(after(Duration.ZERO, silence)).containsExactly(silence);

    assertThat(dating.held() + dating.ignored()).isZero();
  }

  @Test
  void aClockThatIsDaysAheadIsIgnoredAndCountedOnce() {
    SilencedNode silence = set("node-2", Duration.ofDays(40), Duration.ofHours(2));
    for (int seconds = 0; seconds < 60; seconds += 3) {
      assertThat(after(Duration.ofSeconds(seconds), silence)).isEmpty();
    }

    assertThat(dating.ignored()).isOne();
    assertThat(dating.held()).isZero();
  }

  @Test
  void oneThatIsOverWhenItIsFirstReadIsIgnoredAndCountedOnce() {
    SilencedNode over = set("node-2", Duration.ofHours(-2), Duration.ofHours(1));
    SilencedNode justOver = set("node-3", Duration.ofHours(-1), Duration.ofMinutes(59));

    assertThat(after(Duration.ZERO, over, justOver)).isEmpty();
    assertThat(after(Duration.ofSeconds(3), over, justOver)).isEmpty();

    assertThat(dating.ignored()).isOne();
  }

  @Test
  void oneThatEndsWhileItIsReadIsNoOddity() {
    SilencedNode silence = set("node-2", Duration.ZERO, Duration.ofMinutes(1));
    assertThat(after(Duration.ofSeconds(1), silence)).hasSize(1);

    assertThat(after(Duration.ofMinutes(1), silence)).isEmpty();
    assertThat(after(Duration.ofMinutes(10), silence)).isEmpty();

    assertThat(dating.ignored()).isZero();
  }

  @Test
  void whoMakesUpSilencesIsNotRememberedWithoutABound() {
    for (int round = 0; round < 100; round++) {
      int number = round;
      SilencedNode[] made =
          IntStream.range(0, SilencedNode.MAX_SILENCED)
              .mapToObj(i ->
                  set("node-" + number + "-" + i, Duration.ofHours(20), SilencedNode.MAX_LENGTH))
              .toArray(SilencedNode[]::new);
      assertThat(after(Duration.ofSeconds(3L * round), made)).hasSize(made.length);
    }

    assertThat(dating.remembered()).isLessThanOrEqualTo(4 * SilencedNode.MAX_SILENCED);
  }
}
