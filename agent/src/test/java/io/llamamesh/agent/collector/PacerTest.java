package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.SECOND;
import static io.llamamesh.agent.collector.ProberFixture.pair;
import static io.llamamesh.agent.collector.ProberFixture.plan;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PacerTest {

  private final ProberFixture mesh = new ProberFixture();

  @ParameterizedTest
  @ValueSource(longs = {1, 7, 10, 33, 250, 1000, 3333})
  void everyPaceIsKeptToAProbe(long periodMillis) {
    mesh.prober.apply(plan(pair(12, 2, periodMillis * MILLI), pair(13, 2, periodMillis * MILLI)));

    mesh.run(10 * SECOND);

    long expected = 4 * 10_000 / periodMillis;
    assertThat((long) mesh.probes.size()).isBetween(expected - 4, expected + 4);
  }

  @Test
  void oneProbeInAHundredSecondsWorks() {
    mesh.prober.apply(plan(pair(12, 1, 100 * SECOND)));

    mesh.run(1000 * SECOND);

    assertThat(mesh.probes).hasSize(10);
  }
}
