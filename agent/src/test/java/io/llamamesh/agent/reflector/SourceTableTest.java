package io.llamamesh.agent.reflector;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.net.Ip;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SourceTableTest {

  private static final long SECOND = 1_000_000_000L;

  private final SourceTable table = new SourceTable();
  private long now = 1000 * SECOND;

  private void probes(long low, int count, long gap, boolean marked) {
    for (int i = 0; i < count; i++) {
      now += gap;
      record(table, 0, low, now, marked, true);
    }
  }

  private static void record(
      SourceTable table, long high, long low, long now, boolean marked, boolean counted) {
    assertThat(table.recordReflected(high, low, now, marked, counted, false, false)).isTrue();
  }

  @Test
  void eachReadHasWhatIsNew() {
    probes(0xffff_7f00_0001L, 3, SECOND, false);
    probes(0xffff_7f00_0002L, 5, SECOND, false);

    assertThat(table.takeCounts())
        .extracting(r -> r.source().getHostAddress() + "=" + r.probes())
        .containsExactlyInAnyOrder("127.0.0.1=3", "127.0.0.2=5");
    assertThat(table.takeCounts()).isEmpty();
  }

  @Test
  void sendersBeyondTheTableAreCountedTogether() {
    for (int i = 0; i < SourceTable.LIMIT + 10; i++) {
      record(table, 0, 1000 + i, now, false, true);
    }

    assertThat(table.takeCounts()).hasSize(SourceTable.LIMIT);
    assertThat(table.others()).isEqualTo(10);
  }

  @Test
  void whoIsInThePlanIsCountedApartAndOfTheOthersTheBusiestAndTheSumOfTheRest() {
    long v4 = 0xffff_0a00_0000L;
    Set<InetAddress> planned = new HashSet<>();
    for (int i = 1; i <= 100; i++) {
      probes(v4 + i, 1, SECOND, false);
      planned.add(Ip.address(0, v4 + i));
    }
    for (int i = 1_001; i <= 1_200; i++) {
      probes(v4 + i, 3, SECOND, false);
    }
    for (int i = 2_001; i <= 2_400; i++) {
      probes(v4 + i, 2, SECOND, false);
      record(table, 0x2001_0db8_0000_0000L, i, now, false, true);
    }

    List<SourceTable.Reflected> counts = table.takeCounts(planned);

    assertThat(counts).hasSize(100 + 200 + 2);
    assertThat(counts.subList(0, 100)).allMatch(r -> r.probes() == 1);
    assertThat(counts.subList(100, 300)).allMatch(r -> r.probes() == 3);
    assertThat(counts)
        .extracting(r -> r.source().getHostAddress() + "=" + r.probes())
        .contains("0.0.0.0=800", "0:0:0:0:0:0:0:0=400");
    assertThat(table.takeCounts(planned)).isEmpty();
  }

  @Test
  void sendersBeyondTheTableAreInTheSumOnce() {
    for (int i = 0; i < SourceTable.LIMIT + 10; i++) {
      record(table, 0, 0xffff_0a00_0000L + i, now, false, true);
    }

    assertThat(table.takeCounts(Set.of()))
        .hasSize(SourceTable.UNPLANNED + 1)
        .extracting(r -> r.source().getHostAddress() + "=" + r.probes())
        .contains("0.0.0.0=" + (SourceTable.LIMIT - SourceTable.UNPLANNED + 10));
    assertThat(table.takeCounts(Set.of())).isEmpty();
  }

  /**
   * One that was started anew signs by the mesh's key until it has a test answered, which it never
   * has where answers are lost. That it sent nothing would turn the direction of that loss round.
   */
  @Test
  void whatAKeyOfThePairDoesNotSignIsOfAnUnknownSender() {
    long v4 = 0xffff_0a00_0001L;
    long v6 = 0x2001_0db8_0000_0000L;
    Set<InetAddress> planned = Set.of(Ip.address(0, v4), Ip.address(v6, 1));
    assertThat(table.recordReflected(0, v4, now, false, true, true, false)).isTrue();
    assertThat(table.recordReflected(v6, 1, now, false, true, true, false)).isTrue();
    assertThat(table.takeCounts(planned)).hasSize(2);

    for (int i = 0; i < 3; i++) {
      now += SECOND;
      assertThat(table.recordReflected(0, v4, now, false, true, false, true)).isFalse();
    }
    assertThat(table.recordReflected(v6, 1, now, false, true, false, true)).isFalse();

    assertThat(table.takeCounts(planned))
        .extracting(r -> r.source().getHostAddress() + "=" + r.probes())
        .containsExactly("0.0.0.0=3", "0:0:0:0:0:0:0:0=1");
    assertThat(table.takeCounts(planned)).isEmpty();
    assertThat(table.others()).isZero();
  }

  @Test
  void aFloodOfMadeUpSendersDoesNotKeepRealOnesOutForGood() {
    for (int i = 0; i < SourceTable.LIMIT; i++) {
      record(table, 0, 1_000_000 + i, now, false, true);
    }
    record(table, 0, 1_000_000, now, false, true);
    for (int look = 0; look <= SourceTable.IDLE_READS; look++) {
      table.takeCounts();
      record(table, 0, 1_000_000, now, false, true);
    }
    record(table, 0, 7, now, false, true);

    assertThat(table.takeCounts())
        .extracting(r -> r.source().getHostAddress() + "=" + r.probes())
        .containsExactlyInAnyOrder(
            io.llamamesh.agent.net.Ip.address(0, 7).getHostAddress() + "=1",
            io.llamamesh.agent.net.Ip.address(0, 1_000_000).getHostAddress() + "=1");
    assertThat(table.others()).isZero();
  }

  @Test
  void whoeverSawTheDrainMarkIsWaitedForASecond() {
    probes(1, 50, SECOND / 16, false);
    assertThat(table.isQuiet(now)).isFalse();
    probes(1, 1, SECOND / 16, true);

    assertThat(table.isQuiet(now + SECOND / 2)).isFalse();
    assertThat(table.isQuiet(now + SECOND + 1)).isTrue();
  }

  @Test
  void whoeverStoppedByItselfIsNotWaitedForLong() {
    probes(1, 100, SECOND / 16, false);

    assertThat(table.isQuiet(now + SECOND)).isFalse();
    assertThat(table.isQuiet(now + 3 * SECOND)).isTrue();
  }

  @Test
  void aSlowSenderIsWaitedForUntilItSawTheDrainMark() {
    probes(1, 30, 5 * SECOND, false);

    assertThat(table.isQuiet(now + 20 * SECOND)).isFalse();
  }

  @Test
  void withoutSendersItIsQuiet() {
    assertThat(table.isQuiet(now)).isTrue();
  }
}
