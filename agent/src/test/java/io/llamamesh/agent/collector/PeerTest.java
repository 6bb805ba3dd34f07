package io.llamamesh.agent.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.net.Remote;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeerTest {

  private static final long SECOND = 1_000_000_000L;
  private static final int EPOCH = 7;

  private final List<PeerState> states = new ArrayList<>();
  private final Peer peer =
      new Peer(
          new Remote(new InetSocketAddress("127.0.0.12", 8100)),
          1,
          (address, before, after) -> states.add(after),
          0);

  @Test
  void anEarlierRefusalIsRememberedUntilTheProbesOfItsTimeAreSettled() {
    peer.recordRefused(10 * SECOND, 10 * SECOND, 10 * SECOND);
    peer.recordRefused(15 * SECOND, 15 * SECOND, 15 * SECOND);
    peer.recordRefused(25 * SECOND, 25 * SECOND, 25 * SECOND);

    assertThat(peer.wasRefused(10 * SECOND)).isTrue();
    assertThat(peer.wasRefused(15 * SECOND)).isTrue();
    assertThat(peer.wasRefused(20 * SECOND)).isFalse();
    assertThat(peer.wasRefused(25 * SECOND)).isTrue();
  }

  @Test
  void aPeerThatDrainedThenRefusedAndNowAnswersHasNoExcuseForWhatIsSentFromNowOn() {
    assertThat(peer.recordDrain(SECOND, SECOND, EPOCH, true)).isTrue();
    peer.recordRefused(2 * SECOND, 2 * SECOND, 2 * SECOND);
    peer.recordReply(3 * SECOND, 3 * SECOND);

    assertThat(states).containsExactly(PeerState.DRAINING, PeerState.UP);
    assertThat(peer.wasRefused(2 * SECOND)).isTrue();
    assertThat(peer.wasRefused(3 * SECOND + 1)).isFalse();
    assertThat(peer.wasDraining(3 * SECOND + 1, SECOND)).isFalse();
  }

  @Test
  void aRefusalIsBelievedOfNothingThatWasSentBeforeAnAnsweredProbeOrAfterTheNext() {
    peer.recordReply(10 * SECOND, 10 * SECOND);
    peer.recordRefused(11 * SECOND, 11 * SECOND, 11 * SECOND);
    peer.recordReply(9 * SECOND, 12 * SECOND);
    assertThat(states).containsExactly(PeerState.REFUSED);
    peer.recordReply(12 * SECOND, 13 * SECOND);

    assertThat(peer.wasRefused(10 * SECOND - Peer.CLOSING_NANOS - 1)).isFalse();
    assertThat(peer.wasRefused(10 * SECOND + 1)).isTrue();
    assertThat(peer.wasRefused(12 * SECOND)).isTrue();
    assertThat(peer.wasRefused(12 * SECOND + 1)).isFalse();
    assertThat(states).containsExactly(PeerState.REFUSED, PeerState.UP);
  }

  @Test
  void aRefusalOfAProbeBeforeOneThatWasAnsweredSaysNothingOfOthers() {
    peer.recordReply(10 * SECOND, 11 * SECOND);

    peer.recordRefused(9 * SECOND, 11 * SECOND, 11 * SECOND);

    assertThat(states).isEmpty();
    assertThat(peer.wasRefused(11 * SECOND)).isFalse();
  }

  @Test
  void theDrainOfTheNextLifeDoesNotForgetTheFirst() {
    peer.recordDrain(SECOND, SECOND, EPOCH, true);
    peer.recordReply(5 * SECOND, 5 * SECOND, EPOCH + 1);
    peer.recordDrain(20 * SECOND, 20 * SECOND, EPOCH + 1, true);

    assertThat(peer.wasDraining(2 * SECOND, SECOND)).isTrue();
    assertThat(peer.wasDraining(10 * SECOND, SECOND)).isFalse();
    assertThat(peer.wasDraining(19 * SECOND, SECOND)).isTrue();
  }

  @Test
  void aDrainExcusesNothingOfLongBeforeHoweverLongTheTimeout() {
    peer.recordDrain(100 * SECOND, 100 * SECOND, EPOCH, true);

    assertThat(peer.wasDraining(99 * SECOND, 60 * SECOND)).isTrue();
    assertThat(peer.wasDraining(98 * SECOND, 60 * SECOND)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"true, 120", "false, 60"})
  void oneLifeDrainsOnceAndIsExcusedForSoLong(boolean authentic, long seconds) {
    peer.recordReply(SECOND, SECOND, EPOCH);
    for (int second = 2; second < 300; second++) {
      assertThat(peer.recordDrain(second * SECOND, second * SECOND, EPOCH, authentic)).isTrue();
      peer.expireStates(second * SECOND);
    }

    assertThat(peer.wasDraining((2 + seconds) * SECOND, SECOND)).isTrue();
    assertThat(peer.wasDraining((2 + seconds) * SECOND + 1, SECOND)).isFalse();
    assertThat(states).containsExactly(PeerState.DRAINING, PeerState.UP);
  }

  @Test
  void whoGoesOnAnsweringInTheSameLifeDidNotDrain() {
    assertThat(peer.recordReply(SECOND, SECOND, EPOCH)).isTrue();
    assertThat(peer.recordDrain(2 * SECOND, 2 * SECOND, EPOCH, false)).isTrue();
    // One thread of it has not begun to say so.
    assertThat(peer.recordReply(2 * SECOND + 1, 2 * SECOND + 2, EPOCH)).isTrue();
    assertThat(peer.state()).isEqualTo(PeerState.DRAINING);

    assertThat(peer.recordReply(3 * SECOND, 3 * SECOND, EPOCH)).isFalse();

    assertThat(peer.wasDraining(2 * SECOND + 1, SECOND)).isFalse();
    assertThat(peer.state()).isEqualTo(PeerState.UP);
    assertThat(peer.recordDrain(4 * SECOND, 4 * SECOND, EPOCH, false)).isFalse();
    assertThat(peer.state()).isEqualTo(PeerState.UP);
    assertThat(peer.recordDrain(5 * SECOND, 5 * SECOND, EPOCH, true)).isTrue();
    assertThat(peer.state()).isEqualTo(PeerState.DRAINING);
  }

  @Test
  void withoutAKeyADrainOfAnotherLifeThanTheOneThatAnsweredIsNotBelieved() {
    peer.recordReply(SECOND, SECOND, EPOCH);

    assertThat(peer.recordDrain(2 * SECOND, 2 * SECOND, EPOCH + 1, false)).isFalse();

    assertThat(peer.wasDraining(2 * SECOND, SECOND)).isFalse();
    assertThat(states).isEmpty();
  }

  @Test
  void spansHoldWhatWasCoveredAndNotEndedSince() {
    Random random = new Random(7);
    for (int round = 0; round < 200; round++) {
      TimeIntervals spans = new TimeIntervals();
      boolean[] covered = new boolean[400];
      int now = 0;
      for (int step = 0; step < TimeIntervals.CAPACITY; step++) {
        now += random.nextInt(9);
        if (random.nextInt(4) == 0) {
          spans.endAt(now);
          Arrays.fill(covered, now + 1, covered.length, false);
        } else {
          int from = Math.max(0, now - random.nextInt(4));
          int until = now + random.nextInt(6);
          spans.add(from, until);
          Arrays.fill(covered, from, until + 1, true);
        }
      }
      for (int at = 0; at < covered.length; at++) {
        assertThat(spans.contains(at, 0)).as("round %d at %d", round, at).isEqualTo(covered[at]);
      }
    }
  }
}
