package io.llamamesh.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.LlamaMeshStatus;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.MeshReport.Store;
import io.llamamesh.results.MeshReport.Suspect;
import io.llamamesh.results.MeshReport.Totals;
import io.llamamesh.results.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StatusThrottleTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

  private final StatusThrottle throttle = new StatusThrottle();

  @Test
  void numbersOfAHealthyNetworkMoveEveryFifteenSecondsAndTheTimeOfTheirReportWithThem() {
    LlamaMeshStatus first = settled(known(Verdict.HEALTHY, 0.1));

    assertThat(next(first, at(known(Verdict.HEALTHY, 0.2), 114), 114)).isNull();
    LlamaMeshStatus second = write(first, at(known(Verdict.HEALTHY, 0.2), 115), 115);

    assertThat(second.lossPercent()).isEqualTo("0.2");
    assertThat(second.observedAt()).isEqualTo("2026-11-20T10:01:55Z");
    // Also where not one number is another: a frozen status shows by its time.
    LlamaMeshStatus third = write(second, at(known(Verdict.HEALTHY, 0.2), 130), 130);
    assertThat(third.observedAt()).isEqualTo("2026-11-20T10:02:10Z");
    assertThat(next(third, at(known(Verdict.HEALTHY, 0.2), 130), 160)).isNull();
  }

  @Test
  void whomTheFabricNamesIsWrittenAtOnceAndAnEndlessChangeOfItNowAndThen() {
    LlamaMeshStatus status = settled(known(Verdict.HEALTHY, 0));
    List<Integer> writes = new ArrayList<>();
    for (int second = 101; second <= 160; second++) {
      MeshState state = interval(named("n1 BOTH n" + second, second), "1m");
      assertThat(throttle.shouldWrite(state.network(), NOW.plusSeconds(second))).isTrue();
      LlamaMeshStatus next = next(status, state, second);
      if (next != null) {
        status = next;
        writes.add(second);
        assertThat(condition(status, "NetworkHealthy").getMessage()).contains("n" + second);
      }
    }

    assertThat(writes).startsWith(101, 102, 103, 104, 105).hasSizeBetween(8, 16);
  }

  @Test
  void howManyFaultsThereWereBeforeDoesNotDelayWhatTheFabricRefines() {
    LlamaMeshStatus status = settled(known(Verdict.HEALTHY, 0));
    for (int second = 101; second <= 160; second += 6) {
      status = write(status, interval(named("n1 A_TO_B n2", second), "1m"), second);
      status = write(status, interval(named("n1 BOTH n2", second + 2), "1m"), second + 2);
      assertThat(condition(status, "NetworkHealthy").getMessage()).isEqualTo("n1 BOTH n2");
      status = write(status, interval(at(known(Verdict.HEALTHY, 0), second + 4), "1m"), second + 4);
      assertThat(condition(status, "NetworkHealthy").getStatus()).isEqualTo("True");
    }
  }

  private static MeshState named(String whom, int second) {
    MeshReport report =
        ((NetworkView.Known) known(Verdict.HEALTHY, 0).network())
            .report()
            .withTime(NOW.plusSeconds(second))
            .withVerdict(Verdict.PARTITIONED, whom);
    return with(new NetworkView.Known(report, whom, null));
  }

  @Test
  void whileTheNetworkIsUnhealthyNumbersAndMessageFollowWithEachWindow() {
    LlamaMeshStatus first = settled(known(Verdict.PAIR_LOSS, 2.36));

    assertThat(next(first, at(known(Verdict.PAIR_LOSS, 20), 109), 109)).isNull();
    MeshState later = at(known(Verdict.PAIR_LOSS, 20), 110);
    assertThat(throttle.shouldWrite(later.network(), NOW.plusSeconds(110))).isTrue();
    LlamaMeshStatus second = write(first, later, 110);

    assertThat(second.lossPercent()).isEqualTo("20");
    assertThat(condition(second, "NetworkHealthy").getMessage()).isEqualTo("20.0 % lost");
  }

  @Test
  void whatWasMeasuredWhileTheMeshStartedIsReplacedWithTheNextWindows() {
    LlamaMeshStatus status = write(null, at(known(Verdict.HEALTHY, 0.1), 0), 0);
    List<Integer> writes = new ArrayList<>();
    for (int second = 1; second < 100; second++) {
      LlamaMeshStatus next = next(status, at(known(Verdict.HEALTHY, 0.1), second), second);
      if (next != null) {
        status = next;
        writes.add(second);
      }
    }

    assertThat(writes).containsExactly(10, 20, 30, 45, 60, 75, 90);
  }

  @Test
  void anAgentThatComesUnsettlesNumbersAgain() {
    LlamaMeshStatus first = settled(known(Verdict.HEALTHY, 0.1));

    LlamaMeshStatus second = write(first, at(agents(3), 105), 105);

    assertThat(next(second, at(agents(3), 114), 114)).isNull();
    assertThat(next(second, at(agents(3), 115), 115)).isNotNull();
  }

  @Test
  void whenNoScraperAnswersTheTimeStandsStillWithTheNumbersThatItIsOf() {
    LlamaMeshStatus first = settled(known(Verdict.HEALTHY, 0.1));

    LlamaMeshStatus lost =
        write(first, with(new NetworkView.Unknown("ScraperUnreachable", "x")), 110);

    assertThat(condition(lost, "NetworkHealthy").getStatus()).isEqualTo("Unknown");
    assertThat(lost.observedAt()).isEqualTo(first.observedAt());
    assertThat(lost.lossPercent()).isEqualTo("0.1");
    assertThat(next(lost, with(new NetworkView.Unknown("ScraperUnreachable", "x")), 500)).isNull();
  }

  @Test
  void aLongIntervalDoesNotSlowDownWhatIsUnhealthy() {
    MeshState slow = interval(known(Verdict.PAIR_LOSS, 7), "1m");
    LlamaMeshStatus first = write(null, at(slow, 0), 0);

    assertThat(next(first, at(slow, 15), 15)).isNotNull();
  }

  @Test
  void whatIsTooLittleKnownIsNotCalledHealthy() {
    LlamaMeshStatus status = write(null, known(Verdict.INCOMPLETE, 0), 0);

    assertThat(condition(status, "NetworkHealthy"))
        .extracting(Condition::getStatus, Condition::getReason, Condition::getMessage)
        .containsExactly("Unknown", "Incomplete", "0.0 % lost");
  }

  @Test
  void whoIsSilentMakesTheNetworkUnhealthyInTheScrapersWords() {
    for (Verdict verdict : List.of(Verdict.TARGETS_SILENT, Verdict.NODE_UNREACHABLE)) {
      LlamaMeshStatus status = write(null, known(verdict, 0), 0);

      assertThat(condition(status, "NetworkHealthy"))
          .extracting(Condition::getStatus, Condition::getReason, Condition::getMessage)
          .containsExactly("False", verdict.reason(), "0.0 % lost");
    }
  }

  @Test
  void theOperatorComesBackWhenNumbersAreDue() {
    NetworkView healthy = known(Verdict.HEALTHY, 0.1).network();
    settled(known(Verdict.HEALTHY, 0.1));

    assertThat(throttle.dueIn(healthy, NOW.plusSeconds(104))).isEqualTo(Duration.ofSeconds(11));
    assertThat(throttle.dueIn(known(Verdict.PAIR_LOSS, 7).network(), NOW.plusSeconds(104)))
        .isEqualTo(Duration.ofSeconds(6));
    // Nobody brought a report by then.
    assertThat(throttle.dueIn(healthy, NOW.plusSeconds(115))).isEqualTo(Duration.ofSeconds(15));
  }

  /**
   * Reports of a mesh that is well and ill in turns, asked for every two seconds: what is written
   * is never older than it may be, and nothing is written without a reason.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void numbersAreNeverOlderThanTheyMayBeAndWritesAreFew(long seed) {
    Random random = new Random(seed);
    int interval = List.of(1, 5, 10, 30).get(random.nextInt(4));
    MeshState mesh = interval(known(Verdict.HEALTHY, 0), interval + "s");
    LlamaMeshStatus status = null;
    Verdict verdict = Verdict.HEALTHY;
    double loss = 0;
    int changes = 0;
    int healthyWrites = 0;
    int healthySeconds = 0;
    int settledAt = 0;
    for (int second = 0; second < 3000; second += 2) {
      Verdict last = verdict;
      if (random.nextInt(60) == 0) {
        verdict = verdict == Verdict.HEALTHY ? Verdict.PAIR_LOSS : Verdict.HEALTHY;
      }
      // A window's numbers stay until the next one.
      loss = second % interval < 2 ? random.nextInt(1, 99) : loss;
      MeshState state = at(with(mesh, view(verdict, loss, List.of())), second);
      Instant now = NOW.plusSeconds(second);
      boolean news = throttle.shouldWrite(state.network(), now);
      LlamaMeshStatus next = next(status, state, second);
      // Who comes only for news misses nothing.
      assertThat(news).as("at %s", second).isEqualTo(next != null);
      if (next != null) {
        status = next;
      }
      if (second == 0 || verdict != last) {
        changes++;
        settledAt = second == 0 ? 4 * interval : settledAt;
      }
      if (verdict == Verdict.HEALTHY && second > settledAt) {
        healthySeconds += 2;
        healthyWrites += next == null ? 0 : 1;
      }
      long age =
          Duration.between(Instant.parse(Objects.requireNonNull(status).observedAt()), now)
              .toSeconds();
      long allowed = verdict == Verdict.HEALTHY ? 15 : Math.min(interval, 15);
      assertThat(age).as("at %s", second).isLessThanOrEqualTo(allowed + 1);
    }
    assertThat(healthyWrites).isLessThanOrEqualTo(healthySeconds / 15 + changes + 1);
  }

  @Test
  void aVerdictIsWrittenAtOnceWithTheNumbersOfItsMoment() {
    LlamaMeshStatus first = write(null, known(Verdict.HEALTHY, 0.1), 0);

    LlamaMeshStatus second = write(first, known(Verdict.PAIR_LOSS, 7), 2);

    assertThat(second.lossPercent()).isEqualTo("7");
    assertThat(since(second, "NetworkHealthy")).isEqualTo("2026-11-20T10:00:02Z");
    assertThat(since(second, "Accepted")).isEqualTo("2026-11-20T10:00:00Z");
  }

  @Test
  void aMessageThatOnlyCountsIsNoReasonToWriteWithinAWindow() {
    LlamaMeshStatus first = write(null, known(Verdict.PAIR_LOSS, 7), 0);

    assertThat(next(first, known(Verdict.PAIR_LOSS, 8), 9)).isNull();
  }

  @Test
  void aSuspectWhoWasNotToldIsWrittenBeforeNumbersAreDueThoughTheVerdictStays() {
    LlamaMeshStatus first = write(null, suspecting(7, "node-1>node-2"), 0);
    assertThat(next(first, suspecting(8, "node-1>node-2"), 12)).isNull();
    MeshState other = suspecting(8, "node-5>node-6");
    assertThat(throttle.shouldWrite(other.network(), NOW.plusSeconds(12))).isTrue();

    LlamaMeshStatus second = write(first, other, 12);

    assertThat(Objects.requireNonNull(second.suspects()).getFirst().name())
        .isEqualTo("node-5>node-6");
    assertThat(second.lossPercent()).isEqualTo("8");

    // The server did not take it: it is written when it is asked for again, though not at once.
    assertThat(throttle.next(first, other, NOW.plusSeconds(23))).isEqualTo(second);
  }

  @Test
  void suspectsWhoChangePlacesAreNoNewsAndOthersOnlyEveryTenSeconds() {
    LlamaMeshStatus first = write(null, suspecting(7, "a>b", "c>d"), 0);

    MeshState swapped = suspecting(7, "c>d", "a>b");
    assertThat(throttle.shouldWrite(swapped.network(), NOW.plusSeconds(14))).isFalse();
    assertThat(throttle.next(first, swapped, NOW.plusSeconds(14))).isNull();

    MeshState third = suspecting(7, "e>f", "a>b");
    assertThat(throttle.shouldWrite(third.network(), NOW.plusSeconds(9))).isFalse();
    assertThat(throttle.next(first, third, NOW.plusSeconds(9))).isNull();
    assertThat(throttle.next(first, third, NOW.plusSeconds(11))).isNotNull();
  }

  @Test
  void whatIsSaidAlreadyIsNoNews() {
    write(null, known(Verdict.HEALTHY, 0.1), 0);

    assertThat(throttle.shouldWrite(known(Verdict.HEALTHY, 0.3).network(), NOW.plusSeconds(9)))
        .isFalse();
    assertThat(throttle.shouldWrite(known(Verdict.NODE_LOSS, 9).network(), NOW.plusSeconds(9)))
        .isTrue();
    assertThat(
            throttle.shouldWrite(
                new NetworkView.Unknown("ScraperUnreachable", "x"), NOW.plusSeconds(9)))
        .isTrue();
  }

  @Test
  void anOperatorThatHasJustStartedLeavesWhatIsSaidOfTheNetworkUntilItHasAsked() {
    LlamaMeshStatus before = write(null, known(Verdict.PAIR_LOSS, 7), 0);
    StatusThrottle anew = new StatusThrottle();

    assertThat(anew.next(before, with(NetworkView.NOT_ASKED), NOW.plusSeconds(100))).isNull();

    LlamaMeshStatus asked =
        Objects.requireNonNull(
            anew.next(
                before,
                with(new NetworkView.Unknown("ScraperUnreachable", "x")),
                NOW.plusSeconds(101)));
    assertThat(since(asked, "NetworkHealthy")).isEqualTo("2026-11-20T10:01:41Z");
    assertThat(asked.lossPercent()).isEqualTo("7");
    assertThat(asked.observedAt()).isEqualTo(before.observedAt());
  }

  @Test
  void lossBelowAHundredthIsNotShownAsNothing() {
    assertThat(StatusNumbers.percent(0.0042)).isEqualTo("0.0042");
    assertThat(StatusNumbers.percent(0.0)).isEqualTo("0");
    assertThat(StatusNumbers.percent(12.1049)).isEqualTo("12.1");
    assertThat(StatusNumbers.percent(null)).isNull();
  }

  @Test
  void timesHaveTwoDigitsAndAUnit() {
    assertThat(StatusNumbers.time(0.4123)).isEqualTo("410us");
    assertThat(StatusNumbers.time(12.345)).isEqualTo("12ms");
    assertThat(StatusNumbers.time(1500.0)).isEqualTo("1.5s");
  }

  private LlamaMeshStatus write(@Nullable LlamaMeshStatus before, MeshState state, int second) {
    return Objects.requireNonNull(throttle.next(before, state, NOW.plusSeconds(second)));
  }

  private @Nullable LlamaMeshStatus next(
      @Nullable LlamaMeshStatus before, MeshState state, int second) {
    return throttle.next(before, state, NOW.plusSeconds(second));
  }

  /** A status of second 100, long after the mesh came up. */
  private LlamaMeshStatus settled(MeshState state) {
    return write(write(null, at(state, 0), 0), at(state, 100), 100);
  }

  private static Condition condition(LlamaMeshStatus status, String type) {
    return Objects.requireNonNull(status.conditions()).stream()
        .filter(c -> c.getType().equals(type))
        .findFirst()
        .orElseThrow();
  }

  private static String since(LlamaMeshStatus status, String type) {
    return Objects.requireNonNull(status.conditions()).stream()
        .filter(c -> c.getType().equals(type))
        .findFirst()
        .orElseThrow()
        .getLastTransitionTime();
  }

  private static MeshState known(Verdict verdict, double loss) {
    return known(verdict, loss, List.of());
  }

  /** Of long windows, so that numbers alone are not due with each test's second. */
  private static MeshState suspecting(double loss, String... pairs) {
    return interval(
        known(
            Verdict.PAIR_LOSS,
            loss,
            Stream.of(pairs)
                .map(pair -> new Suspect(MeshReport.Kind.PAIR, pair, null, 1, 1, loss))
                .toList()),
        "1m");
  }

  private static MeshState known(Verdict verdict, double loss, List<Suspect> suspects) {
    return with(view(verdict, loss, suspects));
  }

  private static NetworkView view(Verdict verdict, double loss, List<Suspect> suspects) {
    return new NetworkView.Known(
        new MeshReport(
            "m",
            NOW,
            verdict,
            loss + " % lost",
            new Totals(2, 2, 2, 0, loss, 0.1, 0.4),
            List.of(),
            suspects,
            new Store(Store.State.NOT_CONFIGURED, null, null, 0)));
  }

  /** The same with a report of that second. */
  private static MeshState at(MeshState state, int second) {
    MeshReport report = ((NetworkView.Known) state.network()).report();
    return with(state, new NetworkView.Known(report.withTime(NOW.plusSeconds(second))));
  }

  /** A healthy mesh with that many ready agents. */
  private static MeshState agents(int ready) {
    MeshState s = known(Verdict.HEALTHY, 0.1);
    return new MeshState(
        s.generation(),
        s.refusals(),
        s.settings(),
        s.paused(),
        s.plan(),
        s.stale(),
        s.failures(),
        s.taken(),
        new AgentsReadiness(ready, ready, List.of(), "", null),
        s.scraper(),
        s.network());
  }

  private static MeshState interval(MeshState s, String interval) {
    LlamaMeshSpec spec =
        Serialization.unmarshal("collector: {interval: " + interval + "}", LlamaMeshSpec.class);
    return new MeshState(
        s.generation(),
        s.refusals(),
        MeshSettings.of(spec),
        s.paused(),
        s.plan(),
        s.stale(),
        s.failures(),
        s.taken(),
        s.agents(),
        s.scraper(),
        s.network());
  }

  private static MeshState with(MeshState s, NetworkView network) {
    return new MeshState(
        s.generation(),
        s.refusals(),
        s.settings(),
        s.paused(),
        s.plan(),
        s.stale(),
        s.failures(),
        s.taken(),
        s.agents(),
        s.scraper(),
        network);
  }

  private static MeshState with(NetworkView network) {
    return MeshStates.of(List.of(), network);
  }
}
