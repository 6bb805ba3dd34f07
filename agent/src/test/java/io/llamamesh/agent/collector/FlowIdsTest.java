package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.SECOND;
import static io.llamamesh.agent.collector.ProberFixture.pair;
import static io.llamamesh.agent.collector.ProberFixture.plan;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.wire.ProbeFormat;
import java.net.InetSocketAddress;
import java.util.BitSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ids of flows to one target reveal nothing about those to others. */
class FlowIdsTest {

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void eachOf24BitsHasOneIdAndBack(long seed) {
    FlowIds ids = new FlowIds(new SplittableRandom(seed));
    BitSet seen = new BitSet(ProbeFormat.MODULUS);
    for (int number = 0; number < ProbeFormat.MODULUS; number++) {
      int id = ids.onWire(number);
      if (ids.number(id) != number) {
        assertThat(ids.number(id)).isEqualTo(number);
      }
      seen.set(id);
    }
    assertThat(seen.cardinality()).isEqualTo(ProbeFormat.MODULUS);
    assertThat(seen.length()).isEqualTo(ProbeFormat.MODULUS);
  }

  @Test
  void eachTargetHasANonceOfItsOwn() {
    ProberFixture mesh = new ProberFixture();
    mesh.prober.apply(
        plan(pair(12, 4, 100 * MILLI), pair(13, 4, 100 * MILLI), pair(14, 4, 100 * MILLI)));
    mesh.run(SECOND);

    Map<InetSocketAddress, Set<Integer>> nonces =
        mesh.probes.stream()
            .collect(
                groupingBy(ProberFixture.Probe::to, mapping(ProberFixture.Probe::nonce, toSet())));

    assertThat(nonces).hasSize(3);
    assertThat(nonces.values()).allMatch(of -> of.size() == 1).doesNotHaveDuplicates();
  }

  @Test
  void flowsBeginAtARandomSequenceUnderARandomId() {
    ProberFixture mesh = new ProberFixture();
    mesh.prober.apply(plan(pair(12, 16, 100 * MILLI)));
    mesh.run(SECOND);

    Set<Integer> firsts =
        mesh.probes.stream()
            .filter(probe -> probe.sequence() == 0)
            .map(ProberFixture.Probe::onWire)
            .collect(toSet());
    Set<Integer> upper = mesh.probes.stream().map(probe -> probe.flow() >>> 20).collect(toSet());

    assertThat(firsts).hasSize(16).allMatch(first -> first > 1000);
    assertThat(upper).hasSizeGreaterThan(4);
  }
}
