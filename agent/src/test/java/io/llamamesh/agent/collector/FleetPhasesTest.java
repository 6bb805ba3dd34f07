package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.SECOND;
import static io.llamamesh.agent.collector.ProberFixture.plan;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Times at which the agents of a fleet probe. */
class FleetPhasesTest {
  private static final int AGENTS = 30;
  private static final int SECONDS_BEFORE = 10;
  private static final int SECONDS_AFTER = 20;

  /** Probes of all in each 100 ms, by the time of a clock that all share. */
  private final int[] slots = new int[10 * (SECONDS_BEFORE + SECONDS_AFTER + 1)];

  private static ProbePlan targets(int count) {
    ProbePlan.TrafficClass type = new ProbePlan.TrafficClass("default", 0, 0, SECOND, 1028);
    return plan(
        IntStream.rangeClosed(1, count)
            .mapToObj(host -> "203.0.113." + host)
            .map(address ->
                new ProbePlan.Pair(
                    type,
                    new InetSocketAddress(InetAddress.ofLiteral(address), 8100),
                    4,
                    500 * MILLI,
                    false,
                    Map.of("dst_ip", address)))
            .toArray(ProbePlan.Pair[]::new));
  }

  @Test
  void plansThatChangeInTheSameInstantDoNotMakeProbesCoincide() {
    Random random = new Random(12);
    for (int agent = 0; agent < AGENTS; agent++) {
      ProberFixture mesh = new ProberFixture();
      // None starts in the very instant of another, and all have the address of a wildcard.
      long started = random.nextLong(SECOND);
      long origin = mesh.network.monotonicNanos() - started;
      mesh.whenSent =
          (probe, from, bytes) ->
              slots[(int) ((mesh.network.monotonicNanos() - origin) / (100 * MILLI))]++;
      mesh.prober.apply(targets(AGENTS - 1));
      mesh.run(SECONDS_BEFORE * SECOND - started);
      mesh.prober.apply(targets(AGENTS));
      mesh.run(SECONDS_AFTER * SECOND);
    }

    int[] before = Arrays.copyOfRange(slots, 10, 10 * SECONDS_BEFORE);
    int[] after =
        Arrays.copyOfRange(slots, 10 * SECONDS_BEFORE, 10 * (SECONDS_BEFORE + SECONDS_AFTER) - 1);
    for (int[] part : new int[][] {before, after}) {
      double mean = Arrays.stream(part).average().orElseThrow();
      assertThat(mean).isGreaterThan(AGENTS * (AGENTS - 1) * 8 / 10.0 * 0.95);
      assertThat(Arrays.stream(part).max().orElseThrow()).isLessThan((int) (1.5 * mean));
    }
  }
}
