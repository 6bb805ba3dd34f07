package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.SECOND;
import static io.llamamesh.agent.collector.ProberFixture.pair;
import static io.llamamesh.agent.collector.ProberFixture.plan;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.Tally;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A reflector's own drops are separated from loss, and never hide it. */
class ReflectorDropsTest {

  private final ProberFixture mesh = new ProberFixture();

  private static RandomGenerator random(long seed) {
    return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }

  @Test
  void whatTheLimitDroppedIsOverloadAndNotLoss() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.overLimit = probe -> probe.sequence() % 3 == 1;

    mesh.run(60 * SECOND);

    assertThat(mesh.published(Outcome.OVERLOAD)).isGreaterThan(200);
    assertThat(mesh.published(Outcome.LOST)).isZero();
  }

  @Test
  void whatTheFullBufferDroppedOfTheOnlySenderIsOverloadAndNotLoss() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.run(10 * SECOND);
    mesh.overflow = probe -> true;
    mesh.run(2 * SECOND);
    mesh.overflow = probe -> false;
    mesh.run(30 * SECOND);

    assertThat(mesh.published(Outcome.OVERLOAD)).isEqualTo(32);
    assertThat(mesh.published(Outcome.LOST)).isZero();
  }

  @Test
  void aFloodThatTheReflectorDropsHidesNoLossOfOurs() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.dropForward =
        probe -> {
          // 50,000 datagrams a second of somebody else, of which the buffer drops one in a hundred.
          mesh.arrivals += 3094;
          mesh.overflows += 31;
          return probe.sequence() % 4 == 1;
        };

    mesh.run(100 * SECOND);

    int ours = mesh.published(Attempt.SENT);
    int network = mesh.published(Outcome.LOST) + mesh.published(Outcome.OVERLOAD);
    assertThat(network).isBetween(ours / 4 - 8, ours / 4 + 8);
    assertThat(mesh.published(Outcome.OVERLOAD)).isLessThanOrEqualTo(ours / 100 + 1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void lossIsExactlyWhatTheNetworkLostWhateverTheLimitDroppedBesideAndOfWhom(long seed) {
    RandomGenerator random = random(seed);
    double forward = random.nextDouble() * 0.5;
    double back = random.nextDouble() * 0.5;
    double limit = random.nextDouble() * 0.5;
    int[] lost = new int[2];
    int[] dropped = new int[2];
    mesh.dropForward = probe -> count(lost, probe, random.nextDouble() < forward);
    mesh.dropReturn = probe -> count(lost, probe, random.nextDouble() < back);
    mesh.overLimit = probe -> count(dropped, probe, random.nextDouble() < limit);
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI), pair(13, 4, 250 * MILLI)));
    mesh.run(40 * SECOND);
    // The last ones of each flow are reported by one that is answered.
    mesh.dropForward = probe -> false;
    mesh.dropReturn = probe -> false;
    mesh.overLimit = probe -> false;
    mesh.run(30 * SECOND);

    for (int host = 0; host < 2; host++) {
      assertThat(published(Outcome.LOST, host)).isEqualTo(lost[host]);
      assertThat(published(Outcome.OVERLOAD, host)).isEqualTo(dropped[host]);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void theFullBufferExcusesNoMoreThanOurShareOfWhatItDropped(long seed) {
    RandomGenerator random = random(seed);
    double full = random.nextDouble() * 0.3;
    int others = random.nextInt(20);
    int[] lost = new int[2];
    int[] dropped = new int[2];
    mesh.dropForward =
        probe -> {
          for (int i = 0; i < others; i++) {
            if (random.nextDouble() < full) {
              mesh.overflows++;
            } else {
              mesh.arrivals++;
            }
          }
          return count(lost, probe, random.nextDouble() < 0.1);
        };
    mesh.overflow = probe -> count(dropped, probe, random.nextDouble() < full);
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.run(200 * SECOND);

    int sent = mesh.published(Attempt.SENT);
    double share = (double) sent * mesh.overflows / (mesh.overflows + mesh.arrivals);
    assertThat((double) mesh.published(Outcome.OVERLOAD)).isLessThanOrEqualTo(share * 1.15 + 5);
    // Four standard deviations of what chance makes of a share, and a little for the edges.
    double chance = 4 * Math.sqrt(sent * full * (1 - full)) + 20;
    assertThat((double) mesh.published(Outcome.LOST)).isBetween(lost[0] - chance, lost[0] + chance);
  }

  private static boolean count(int[] counts, ProberFixture.Probe probe, boolean happens) {
    if (happens) {
      counts[probe.to().getAddress().getHostAddress().endsWith("12") ? 0 : 1]++;
    }
    return happens;
  }

  private int published(Tally outcome, int host) {
    return mesh.archive.after(0, 10_000).windows().stream()
        .flatMap(window -> window.pairs().stream())
        .filter(pair -> pair.tags().get("dst_ip").endsWith(host == 0 ? "12" : "13"))
        .mapToInt(pair -> pair.count(outcome))
        .sum();
  }
}
