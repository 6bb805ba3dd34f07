package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.SECOND;
import static io.llamamesh.agent.collector.ProberFixture.pair;
import static io.llamamesh.agent.collector.ProberFixture.plan;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the wall clock does, no probe is lost, no RTT wrong and no window overwritten. */
class ClockStepTest {

  private final ProberFixture mesh = new ProberFixture();

  private void assertNothingHappened() {
    List<ClosedWindow> windows = mesh.archive.after(0, 10_000).windows();
    assertThat(mesh.published(Outcome.LOST)).isZero();
    assertThat(mesh.published(Outcome.LATE)).isZero();
    assertThat(mesh.published(Outcome.RECEIVED)).isEqualTo(mesh.published(Attempt.SENT));
    assertThat(windows).extracting(ClosedWindow::endNanos).doesNotHaveDuplicates();
    assertThat(
            windows.stream()
                .flatMap(window -> window.pairs().stream())
                .map(PairResult::rtt)
                .filter(Objects::nonNull))
        .isNotEmpty()
        .allMatch(rtt -> rtt.min() == 150_000 && rtt.max() == 150_000);
  }

  @ParameterizedTest
  @ValueSource(longs = {3600, -3600})
  void anHourForthOrBackAndBackAgainChangesNothing(long seconds) {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.run(32 * SECOND);
    mesh.network.step(seconds * SECOND);
    mesh.run(32 * SECOND);
    mesh.network.step(-seconds * SECOND);
    mesh.run(32 * SECOND);

    assertNothingHappened();
    assertThat(mesh.published(Outcome.RECEIVED)).isGreaterThan(1200);
    assertThat(mesh.counters.count(CollectorCounters.Event.CLOCK_STEP)).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void manyStepsAtAnyTimeChangeNothing(long seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    for (int i = 0; i < 100; i++) {
      mesh.run(random.nextInt(2000) * MILLI);
      // In the middle of a tick, so that arrivals of both sides are read together.
      mesh.network.advance(random.nextLong(9 * MILLI));
      mesh.network.step(random.nextLong(7200 * SECOND) - 3600 * SECOND);
    }
    mesh.run(30 * SECOND);

    assertNothingHappened();
  }

  @Test
  void aStepWhileThisProcessIsStoppedIsNobodysLoss() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.run(12 * SECOND);
    mesh.network.advance(SECOND);
    mesh.network.step(3600 * SECOND);
    mesh.stop(2 * SECOND);
    mesh.run(30 * SECOND);

    assertNothingHappened();
  }
}
