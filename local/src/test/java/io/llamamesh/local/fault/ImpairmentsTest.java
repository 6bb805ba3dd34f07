package io.llamamesh.local.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImpairmentsTest {
  private static final List<String> NODES = List.of("node-1", "node-2", "node-3");
  private static final int PORT = 25000;

  @Test
  void aPairsFaultIsOnItsOwnProbesOnly() {
    Impairments impairments = impairments("node-1>node-2 loss=100%");

    assertThat(impairments.delayOrLoss("node-1", "node-2", PORT, false))
        .isEqualTo(Impairments.LOST);
    assertThat(impairments.delayOrLoss("node-1", "node-2", PORT, true)).isZero();
    assertThat(impairments.delayOrLoss("node-2", "node-1", PORT, false)).isZero();
    assertThat(impairments.delayOrLoss("node-2", "node-1", PORT, true)).isZero();
    assertThat(impairments.delayOrLoss("node-1", "node-3", PORT, false)).isZero();
  }

  @Test
  void aNodesEgressFaultIsOnItsProbesAndItsAnswers() {
    Impairments impairments = impairments("node-3>* loss=100%");

    assertThat(impairments.delayOrLoss("node-3", "node-1", PORT, false))
        .isEqualTo(Impairments.LOST);
    assertThat(impairments.delayOrLoss("node-1", "node-3", PORT, true)).isEqualTo(Impairments.LOST);
    assertThat(impairments.delayOrLoss("node-1", "node-3", PORT, false)).isZero();
    assertThat(impairments.delayOrLoss("node-3", "node-1", PORT, true)).isZero();
    assertThat(impairments.delayOrLoss("node-1", "node-2", PORT, false)).isZero();
  }

  @Test
  void aSourcePortsFaultLeavesTheOthersAlone() {
    Impairments impairments = impairments("node-1>node-2 sport=25003");

    assertThat(impairments.delayOrLoss("node-1", "node-2", 25003, false))
        .isEqualTo(Impairments.LOST);
    assertThat(impairments.delayOrLoss("node-1", "node-2", 25002, false)).isZero();
  }

  @Test
  void delaysAddUp() {
    Impairments impairments = impairments("node-1>node-2 delay=5ms", "node-1>* delay=2ms");

    assertThat(impairments.delayOrLoss("node-1", "node-2", PORT, false)).isEqualTo(7_000_000);
  }

  @Test
  void nothingPassesADeadNodeButOnlyOnceItIsTakenDown() {
    Impairments impairments = impairments("node-2 down");
    assertThat(impairments.delayOrLoss("node-1", "node-2", PORT, false)).isZero();

    impairments.takeDown("node-2");

    assertThat(impairments.delayOrLoss("node-1", "node-2", PORT, false))
        .isEqualTo(Impairments.LOST);
    assertThat(impairments.delayOrLoss("node-2", "node-1", PORT, true)).isEqualTo(Impairments.LOST);
    assertThat(impairments.delayOrLoss("node-1", "node-3", PORT, false)).isZero();
  }

  @Test
  void neitherProbesNorAnswersPassACutAndAllElseDoes() {
    Impairments both = impairments("node-1 | node-2");
    assertThat(both.delayOrLoss("node-1", "node-2", PORT, false)).isZero();
    both.beginCuts();
    assertThat(both.delayOrLoss("node-1", "node-2", PORT, false)).isEqualTo(Impairments.LOST);
    assertThat(both.delayOrLoss("node-2", "node-1", PORT, false)).isEqualTo(Impairments.LOST);
    assertThat(both.delayOrLoss("node-1", "node-3", PORT, false)).isZero();

    Impairments oneWay = impairments("node-1,node-3 > node-2");
    oneWay.beginCuts();
    assertThat(oneWay.delayOrLoss("node-1", "node-2", PORT, false)).isEqualTo(Impairments.LOST);
    assertThat(oneWay.delayOrLoss("node-2", "node-1", PORT, true)).isEqualTo(Impairments.LOST);
    assertThat(oneWay.delayOrLoss("node-2", "node-1", PORT, false)).isZero();
    assertThat(oneWay.delayOrLoss("node-1", "node-3", PORT, false)).isZero();
  }

  @Test
  void theFabricSuffersFromWhatIsOnANodeAndFromCutsAndNotFromThePathOfProbes() {
    Impairments cut = impairments("node-1,node-3 > node-2");
    assertThat(cut.blocksFabric("node-1", "node-2")).isFalse();
    cut.beginCuts();
    assertThat(cut.blocksFabric("node-1", "node-2")).isTrue();
    assertThat(cut.blocksFabric("node-2", "node-1")).isFalse();
    assertThat(cut.blocksFabric("node-1", "node-3")).isFalse();

    Impairments probes = impairments("node-1>node-2 loss=100%", "node-1>* sport=25003");
    assertThat(probes.losesFabricDatagram("node-1", "node-2")).isFalse();

    Impairments egress = impairments("node-1>* loss=100%", "*>node-3 delay=5ms");
    assertThat(egress.blocksFabric("node-1", "node-2")).isTrue();
    assertThat(egress.blocksFabric("node-2", "node-1")).isFalse();
    assertThat(egress.fabricDelay("node-2", "node-3")).isEqualTo(5_000_000);
    egress.takeDown("node-2");
    assertThat(egress.blocksFabric("node-2", "node-3")).isTrue();
    assertThat(egress.blocksFabric("node-3", "node-2")).isTrue();

    Impairments some = impairments("node-1>* loss=30%");
    long lost =
        IntStream.range(0, 1_000).filter(i -> some.losesFabricDatagram("node-1", "node-2")).count();
    assertThat(lost).isBetween(280L, 320L);
    assertThat(some.blocksFabric("node-1", "node-2")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.05, 0.1, 0.3, 0.333, 0.5, 0.99, 1})
  void theLostShareOfAFlowIsTheOneThatWasAskedForAtEveryLength(double share) {
    EvenLoss loss = new EvenLoss(share, 42);
    int lost = 0;
    for (int sent = 1; sent <= 10_000; sent++) {
      lost += loss.losesNext() ? 1 : 0;
      // Never off by more than one block's worth.
      assertThat(Math.abs(lost - sent * share)).isLessThanOrEqualTo(EvenLoss.BLOCK);
    }
    assertThat(lost / 10_000.0).isBetween(share - 0.0002, share + 0.0002);
  }

  @Test
  void whichDatagramsAreLostIsNoPattern() {
    EvenLoss loss = new EvenLoss(0.3, 7);
    List<Boolean> first = IntStream.range(0, 200).mapToObj(i -> loss.losesNext()).toList();

    for (int period = 1; period <= 40; period++) {
      int shift = period;
      assertThat(IntStream.range(0, 160).allMatch(i -> first.get(i).equals(first.get(i + shift))))
          .isFalse();
    }
  }

  private static Impairments impairments(String... faults) {
    return new Impairments(Stream.of(faults).map(fault -> Fault.parse(fault, NODES)).toList());
  }
}
