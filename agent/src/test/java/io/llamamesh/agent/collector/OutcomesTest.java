package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.SECOND;
import static io.llamamesh.agent.collector.ProberFixture.pair;
import static io.llamamesh.agent.collector.ProberFixture.plan;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import io.llamamesh.agent.window.Tally;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every probe that was sent has exactly one outcome, whatever happens to it. */
class OutcomesTest {

  private final ProberFixture mesh = new ProberFixture();

  private static byte[] cut(byte[] answer) {
    return Arrays.copyOf(answer, answer.length / 2);
  }

  @Test
  void anAnswerThatIsCutShortIsCorruptAndNotLostBeside() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.garble = (probe, answer) -> List.of(probe.sequence() % 4 == 1 ? cut(answer) : answer);

    mesh.run(60 * SECOND);

    int sent = mesh.published(Attempt.SENT);
    assertThat(mesh.published(Outcome.CORRUPT)).isBetween(sent / 4 - 4, sent / 4 + 4);
    assertThat(mesh.published(Outcome.CORRUPT) + mesh.published(Outcome.RECEIVED)).isEqualTo(sent);
    assertThat(mesh.published(Outcome.LOST)).isZero();
    assertThat(mesh.states).isEmpty();
  }

  @Test
  void anAnswerThatIsTooLongIsCorruptHoweverOftenItComes() {
    mesh.prober.apply(plan(pair(12, 1, 250 * MILLI)));
    mesh.garble =
        (probe, answer) -> {
          byte[] longer = Arrays.copyOf(answer, answer.length + 7);
          return List.of(longer, longer, longer);
        };

    mesh.run(30 * SECOND);

    assertThat(mesh.published(Outcome.CORRUPT)).isEqualTo(mesh.published(Attempt.SENT));
    assertThat(mesh.counters.count(CollectorCounters.Event.GARBLED))
        .isGreaterThanOrEqualTo(3L * mesh.published(Outcome.CORRUPT));
    assertThat(mesh.published(Mark.DUPLICATE)).isZero();
  }

  @Test
  void aProbeWhoseRightAnswerComesAfterAGarbledOneIsReceived() {
    mesh.prober.apply(plan(pair(12, 1, 250 * MILLI)));
    mesh.garble = (probe, answer) -> List.of(cut(answer), answer, cut(answer));

    mesh.run(30 * SECOND);

    assertThat(mesh.published(Outcome.RECEIVED)).isEqualTo(mesh.published(Attempt.SENT));
    assertThat(mesh.published(Outcome.CORRUPT)).isZero();
  }

  @Test
  void anAnswerAfterItsTimeoutIsLostAndTakesNoDropFromAnother() {
    mesh.prober.apply(plan(pair(12, 1, 250 * MILLI)));
    mesh.run(10 * SECOND);
    mesh.delay = 1500 * MILLI;
    mesh.run(SECOND);
    mesh.delay = 200_000;
    mesh.network.sockets.getFirst().overflows += 2;
    mesh.dropReturn = probe -> true;
    mesh.run(500 * MILLI);
    mesh.dropReturn = probe -> false;
    mesh.run(30 * SECOND);

    assertThat(mesh.published(Outcome.LOST)).isEqualTo(4);
    assertThat(mesh.published(Mark.RETURN_LOST)).isZero();
    assertThat(mesh.published(Mark.FORWARD_LOST)).isZero();
    assertThat(mesh.published(Outcome.OWN_DROP)).isEqualTo(2);
  }

  @Test
  void whatWaitedForAStalledReflectorThatSaysSoIsLateAndNotLost() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.run(20 * SECOND);
    mesh.delay = 2500 * MILLI; // stamped when all went on
    mesh.reflectorStalled = true;
    int before = mesh.probes.size();
    mesh.run(2 * SECOND);
    int waited = mesh.probes.size() - before;
    mesh.delay = 200_000;
    mesh.reflectorStalled = false;
    mesh.run(40 * SECOND);

    assertThat(mesh.published(Outcome.LATE)).isEqualTo(waited).isPositive();
    assertThat(mesh.published(Outcome.LOST)).isZero();
    assertThat(mesh.states).isEmpty();
  }

  @Test
  void ofAQuestionWhetherAPeerIsBackNothingIsCounted() {
    mesh.prober.apply(plan(pair(12, 1, 250 * MILLI)));
    mesh.run(12 * SECOND);
    mesh.draining = true;
    mesh.run(8 * SECOND);
    mesh.duplicate = ProberFixture.Probe::hello;
    mesh.garble = (probe, answer) -> probe.hello() ? List.of(cut(answer), answer) : List.of(answer);

    mesh.run(16 * SECOND);

    assertThat(mesh.published(Mark.DUPLICATE)).isZero();
    assertThat(mesh.published(Outcome.CORRUPT)).isZero();
    assertThat(mesh.archive.newest().orElseThrow().pairs()).isEmpty();
  }

  @Test
  void whatWasRefusedWhileWeWereStoppedIsRefusedAndNotLost() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.run(20 * SECOND);
    int before = mesh.probes.size();
    mesh.refuse = probe -> true;
    while (mesh.probes.size() == before) {
      mesh.run(mesh.prober.tickNanos());
    }
    int refused = mesh.probes.size() - before;

    mesh.network.advance(5 * SECOND);
    mesh.refuse = probe -> false;
    mesh.run(30 * SECOND);

    assertThat(mesh.published(Outcome.LOST)).isZero();
    assertThat(mesh.published(Outcome.REFUSED)).isEqualTo(refused);
  }

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 60);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void sentIsTheSumOfAllOutcomesInEveryWindowAndPair(long seed) {
    FaultSchedule schedule = new FaultSchedule(mesh, seed);

    schedule.play();

    List<PairResult> results = FaultSchedule.results(mesh);
    assertThat(results).isNotEmpty();
    for (PairResult result : results) {
      assertThat(Stream.of(Outcome.values()).mapToInt(result::count).sum())
          .isEqualTo(result.count(Attempt.SENT));
      assertThat(result.count(Mark.FORWARD_LOST) + result.count(Mark.RETURN_LOST))
          .isLessThanOrEqualTo(result.count(Outcome.LOST));
      assertThat(result.paths().stream().mapToInt(PairResult.Path::sent).sum())
          .isEqualTo(result.count(Attempt.SENT));
      assertThat(result.paths().stream().mapToInt(PairResult.Path::lost).sum())
          .isEqualTo(result.count(Outcome.LOST));
    }
    assertThat(mesh.published(Attempt.SENT)).isEqualTo(schedule.sent());
    assertThat(mesh.published(Outcome.LOST)).isLessThanOrEqualTo(schedule.lostAtMost());
    assertThat(mesh.published(Outcome.RECEIVED) + mesh.published(Outcome.LATE))
        .isLessThanOrEqualTo(schedule.answered());
    for (Tally tally : Tally.all()) {
      assertThat(mesh.counters.count(tally)).as("%s", tally).isEqualTo(mesh.published(tally));
    }
  }

  @Test
  void theSchedulesOfAllSeedsTogetherHaveEverythingHappen() {
    Set<Tally> happened = new HashSet<>();
    seeds()
        .forEach(seed -> {
          ProberFixture one = new ProberFixture();
          new FaultSchedule(one, seed).play();
          Tally.all().stream().filter(tally -> one.published(tally) > 0).forEach(happened::add);
        });

    assertThat(happened).containsExactlyInAnyOrderElementsOf(Tally.all());
  }
}
