package io.llamamesh.agent.reflector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlowMemoryTest {

  private static final long SECOND = 1_000_000_000L;

  private final FlowMemory memory = new FlowMemory();

  private int arrived(long flow, long source, int sequence) {
    return memory.recordArrival(flow, source, sequence, 0, 0);
  }

  /** An authentic probe, answered. */
  private int authentic(int sequence, long sentNanos, long nowNanos) {
    int entry =
        memory.recordArrival(1, FlowMemory.AUTHENTIC, sequence, (int) (sentNanos >> 28), nowNanos);
    memory.recordReported(entry, nowNanos);
    return entry;
  }

  @Test
  void aGapShowsAsAClearBit() {
    arrived(1, 1, 10);
    arrived(1, 1, 11);
    int entry = arrived(1, 1, 13);

    assertThat(memory.highest(entry)).isEqualTo(13);
    assertThat(memory.tracked(entry)).isEqualTo(3);
    assertThat(memory.bitmap(entry)).isEqualTo(0b110);
  }

  @Test
  void sequencesGoOnAfterTheLastOf24Bits() {
    arrived(1, 1, 0xffffff);
    int entry = arrived(1, 1, 0);

    assertThat(memory.highest(entry)).isZero();
    assertThat(memory.bitmap(entry)).isEqualTo(1);
  }

  @Test
  void afterSoManyUnseenProbesThatTheirOrderIsUnknownItBeginsAnew() {
    arrived(1, 1, 10);
    arrived(1, 1, 11);
    int entry = arrived(1, 1, 11 + (1 << 23));

    assertThat(memory.highest(entry)).isEqualTo(11 + (1 << 23));
    assertThat(memory.tracked(entry)).isZero();
    assertThat(memory.bitmap(entry)).isZero();
  }

  @Test
  void whatTheBitmapSaysIsWhatArrivedInAnyOrder() {
    Random random = new Random(42);
    TreeSet<Integer> arrived = new TreeSet<>();
    int next = 1000;
    int entry = arrived(5, 9, next);
    arrived.add(next);
    for (int i = 0; i < 5000; i++) {
      next += random.nextInt(4);
      int sequence = Math.max(1000, next - random.nextInt(5));
      entry = arrived(5, 9, sequence);
      arrived.add(sequence);
      int highest = arrived.last();
      assertThat(memory.highest(entry)).isEqualTo(highest);
      assertThat(memory.tracked(entry)).isEqualTo(Math.min(64, highest - 1000));
      for (int bit = 0; bit < memory.tracked(entry); bit++) {
        assertThat((memory.bitmap(entry) >>> bit & 1) != 0)
            .isEqualTo(arrived.contains(highest - 1 - bit));
      }
    }
  }

  @Test
  void whatTheLimitDroppedIsReportedToTheFlowThatItHitAndToNoOther() {
    arrived(1, 1, 10);
    memory.recordDropped(1, 1);
    memory.recordDropped(2, 2);
    memory.recordDropped(2, 2);

    int first = arrived(1, 1, 12);
    assertThat(memory.limited(first)).isEqualTo(1);
    assertThat(memory.tracked(first)).isEqualTo(2);
    assertThat(memory.bitmap(first)).isEqualTo(0b10);
    int second = arrived(2, 2, 7);
    assertThat(memory.limited(second)).isEqualTo(2);
    assertThat(memory.highest(second)).isEqualTo(7);
    assertThat(memory.tracked(second)).isZero();
    assertThat(memory.limited(arrived(3, 3, 1))).isZero();
  }

  @Test
  void aFloodOverTheLimitMakesNoKnownFlowForgotten() {
    for (int flow = 0; flow < 1000; flow++) {
      arrived(flow, 5, 10);
    }
    for (int flow = 1000; flow < 1_000_000; flow++) {
      memory.recordDropped(flow, 6);
    }

    for (int flow = 0; flow < 1000; flow++) {
      assertThat(memory.tracked(arrived(flow, 5, 11))).isEqualTo(1);
    }
  }

  @Test
  void aFlowNeedsAReportWhenNothingOfItPassedForASecondAndNotBefore() {
    long second = 1_000_000_000L;
    memory.recordReported(arrived(1, 1, 10), 50 * second);
    memory.recordDropped(1, 1);
    memory.recordDropped(2, 2);

    assertThat(memory.needsReport(1, 1, false, 50 * second + second / 2)).isFalse();
    assertThat(memory.needsReport(1, 1, false, 51 * second + second / 100)).isTrue();
    assertThat(memory.needsReport(2, 2, false, 50 * second)).isTrue();
    assertThat(memory.needsReport(3, 3, false, 50 * second)).isFalse();
  }

  @Test
  void whatWasHereBeforeIsNotFresh() {
    Random random = new Random(3);
    TreeSet<Integer> arrived = new TreeSet<>();
    int next = 1000;
    for (int i = 0; i < 5000; i++) {
      next += random.nextInt(3);
      int sequence = Math.max(1000, next - random.nextInt(60));
      boolean isNew = arrived.isEmpty() || !arrived.contains(sequence);

      arrived(5, FlowMemory.AUTHENTIC, sequence);

      arrived.add(sequence);
      boolean canBeTold = arrived.last() - sequence <= 64;
      assertThat(memory.isFresh()).isEqualTo(isNew && canBeTold);
    }
  }

  @Test
  void whatWasCapturedLongAgoDoesNotSetAnAuthenticFlowBack() {
    arrived(1, FlowMemory.AUTHENTIC, 5_000_000);
    int entry = arrived(1, FlowMemory.AUTHENTIC, 5_000_001);

    arrived(1, FlowMemory.AUTHENTIC, 10);

    assertThat(memory.isFresh()).isFalse();
    assertThat(memory.highest(entry)).isEqualTo(5_000_001);
    assertThat(memory.tracked(entry)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {65, 1 << 20, (1 << 20) + 1, 1 << 23, (1 << 23) + 1, (1 << 24) - 100})
  void anAuthenticFlowGoesOnHoweverManyOfItsProbesWereNotSeen(int unseen) {
    authentic(1000, 50 * SECOND, 50 * SECOND);
    int sequence = (1000 + unseen) & 0xffffff;

    // A microsecond a probe, so that the silence alone does not excuse it.
    int entry = authentic(sequence, 59 * SECOND, 59 * SECOND);

    assertThat(memory.isFresh()).isTrue();
    assertThat(memory.highest(entry)).isEqualTo(sequence);
    assertThat(authentic(sequence + 1, 59 * SECOND, 59 * SECOND)).isEqualTo(entry);
    assertThat(memory.isFresh()).isTrue();
    assertThat(memory.bitmap(entry) & 1).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {65, 1 << 20, (1 << 20) + 1, 1 << 23, (1 << 23) + 1, (1 << 24) - 65})
  void whatWasCapturedNeverMovesAnAuthenticFlowOnItsWayAroundAllSequences(int ago) {
    int entry = authentic(5000, 9000 * SECOND, 9000 * SECOND);

    authentic((5000 - ago) & 0xffffff, 8000 * SECOND, 9000 * SECOND);

    assertThat(memory.isFresh()).isFalse();
    assertThat(memory.highest(entry)).isEqualTo(5000);
    authentic(5001, 9000 * SECOND, 9000 * SECOND);
    assertThat(memory.isFresh()).isTrue();
    assertThat(memory.highest(entry)).isEqualTo(5001);
  }

  @Test
  void anAuthenticFlowWhoseSendersClockWasSetBackWhileNothingArrivedGoesOnAfterTenSeconds() {
    int entry = authentic(1000, 9000 * SECOND, 50 * SECOND);

    authentic(2000, 5000 * SECOND, 55 * SECOND);
    assertThat(memory.isFresh()).isFalse();
    authentic(3000, 5006 * SECOND, 61 * SECOND);

    assertThat(memory.isFresh()).isTrue();
    assertThat(memory.highest(entry)).isEqualTo(3000);
    authentic(3001, 5006 * SECOND, 61 * SECOND);
    assertThat(memory.isFresh()).isTrue();
  }

  @Test
  void flowsOfDifferentSendersAreKeptApart() {
    arrived(1, 1, 10);
    int entry = arrived(1, 2, 20);

    assertThat(memory.highest(entry)).isEqualTo(20);
    assertThat(memory.tracked(entry)).isZero();
  }

  @Test
  void whatCouldNotBeAnsweredIsReportedAsDroppedAndNotAsSeen() {
    arrived(1, 2, 10);
    memory.recordUnanswered(arrived(1, 2, 11));

    int entry = arrived(1, 2, 12);

    assertThat(memory.limited(entry)).isEqualTo(1);
    assertThat(memory.highest(entry)).isEqualTo(12);
    assertThat(memory.bitmap(entry)).isEqualTo(0b10);
    assertThat(memory.tracked(entry)).isEqualTo(2);
  }

  @Test
  void aFirstProbeThatCouldNotBeAnsweredWasNeverSeen() {
    memory.recordUnanswered(arrived(1, 2, 10));

    int entry = arrived(1, 2, 11);

    assertThat(memory.limited(entry)).isEqualTo(1);
    assertThat(memory.tracked(entry)).isZero();
  }

  @Test
  void aCopyThatCouldNotBeAnsweredChangesNothing() {
    arrived(1, 2, 10);
    memory.recordUnanswered(arrived(1, 2, 10));

    assertThat(memory.limited(arrived(1, 2, 11))).isZero();
  }
}
