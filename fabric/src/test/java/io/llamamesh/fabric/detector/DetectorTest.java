package io.llamamesh.fabric.detector;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.detector.DetectorMessage.Ping;
import io.llamamesh.fabric.detector.DetectorMessage.Pong;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DetectorTest {

  private static final long MS = 1_000_000L;
  private static final long TICK = 20 * MS;

  private final List<Ping> datagrams = new ArrayList<>();
  private final List<Ping> overLink = new ArrayList<>();
  private final List<Hearing> changes = new ArrayList<>();
  private final Detector detector =
      new Detector(
          DetectorOptions.adaptive(),
          new Detector.Host() {
            @Override
            public void pingByDatagram(String peer, Ping ping) {
              datagrams.add(ping);
            }

            @Override
            public void pingOverLink(String peer, Ping ping) {
              overLink.add(ping);
            }

            @Override
            public void hearingChanged(String peer, Hearing before, Hearing now) {
              changes.add(now);
            }
          });
  private long now = 5_000 * MS;

  @Test
  void aNeighborThatAnswersIsHeardForAsLongAsItDoes() {
    detector.neighborUp("n2", now);
    run(10_000, true, true, MS);

    assertThat(changes).isEmpty();
    assertThat(detector.roundTrip("n2")).isBetween(MS / 2, 2 * MS);
  }

  @Test
  void silenceIsKnownBetweenHoldAndOneSecond() {
    detector.neighborUp("n2", now);
    run(5_000, true, true, MS);
    long died = now;
    while (changes.isEmpty() && now - died < 3_000 * MS) {
      run(20, false, false, MS);
    }

    assertThat(changes).containsExactly(Hearing.SILENT);
    assertThat((now - died) / MS).isBetween(600L, 1_000L);
    assertThat(detector.since("n2", now)).isLessThanOrEqualTo(died);
  }

  @Test
  void whatAPeerAnswersAfterItStoodStillDoesNotDelayWhatIsKnownOfItsDeath() {
    detector.neighborUp("n2", now);
    run(5_000, true, true, MS);
    run(1_500, false, false, MS);
    for (Ping ping : datagrams) {
      detector.recordPong("n2", new Pong(ping.id(), true), false, false, now);
    }
    run(3_000, true, true, MS);
    changes.clear();
    long died = now;
    while (changes.isEmpty() && now - died < 3_000 * MS) {
      run(20, false, false, MS);
    }

    assertThat(changes).containsExactly(Hearing.SILENT);
    assertThat((now - died) / MS).isBetween(600L, 1_000L);
  }

  @Test
  void aPeerThatOnlyLinksReachIsCutForProbesAndAlive() {
    detector.neighborUp("n2", now);
    run(5_000, true, true, MS);
    run(5_000, false, true, MS);
    assertThat(changes).containsExactly(Hearing.NO_PROBES);
    assertThat(detector.hearing("n2").isReachable()).isTrue();

    run(5_000, true, true, MS);
    assertThat(changes).containsExactly(Hearing.NO_PROBES, Hearing.HEARD);
  }

  @Test
  void probesThatDidNotArriveDoNotArriveBecauseALinkWasClosed() {
    detector.neighborUp("n2", now);
    detector.observe(Set.of("n2"), now);
    run(5_000, true, true, MS);
    run(5_000, false, true, MS);
    detector.neighborDown("n2");
    run(10_000, false, false, MS);

    assertThat(changes).containsExactly(Hearing.NO_PROBES, Hearing.SILENT);
  }

  @Test
  void aFrameOfAPeerThatWasSilentSaysThatItLivesAndNothingOfProbes() {
    detector.observe(Set.of("n2"), now);
    run(10_000, false, false, MS);
    detector.recordFrame("n2", now);
    run(500, false, false, MS);

    assertThat(changes).containsExactly(Hearing.SILENT, Hearing.NO_PROBES);
  }

  @Test
  void aPeerThatAsksAndNeverAnswersDoesNotHearUs() {
    detector.neighborUp("n2", now);
    run(5_000, true, true, MS);
    for (int i = 0; i < 20; i++) {
      run(100, false, false, MS);
      detector.recordInboundPing("n2", now);
    }

    assertThat(changes).containsExactly(Hearing.UNHEARD_BY_PEER);
    run(4_000, false, false, MS);
    assertThat(changes).containsExactly(Hearing.UNHEARD_BY_PEER, Hearing.SILENT);
  }

  @Test
  void theTimeInWhichThisProcessStoodStillIsNotCounted() {
    detector.neighborUp("n2", now);
    run(5_000, true, true, MS);
    run(300, false, false, MS);
    now += 5_000 * MS;
    detector.addStallTime(5_000 * MS, now);
    detector.tick(now);

    assertThat(changes).isEmpty();
    run(1_000, false, false, MS);
    assertThat(changes).containsExactly(Hearing.SILENT);
  }

  @Test
  void stallsInARowDelayWhatIsKnownOfADeathByLessThanTheyLast() {
    detector.neighborUp("n2", now);
    run(5_000, true, true, MS);
    long died = now;
    while (changes.isEmpty() && now - died < 5_000 * MS) {
      run(100, false, false, MS);
      now += 100 * MS;
      detector.addStallTime(100 * MS, now);
    }

    assertThat(changes).containsExactly(Hearing.SILENT);
    // 650 ms of running alone would take 1,300 ms, after up to 200 ms until the first ping.
    assertThat((now - died) / MS).isBetween(600L, 1_200L);
  }

  @Test
  void aPeerIsGivenSeveralPingsAfterThisProcessStoodStill() {
    detector.neighborUp("n2", now);
    run(5_000, true, true, MS);
    run(300, false, false, MS);
    now += 2_000 * MS;
    detector.addStallTime(2_000 * MS, now);
    int before = datagrams.size();
    long resumed = now;
    while (changes.isEmpty() && now - resumed < 3_000 * MS) {
      run(20, false, false, MS);
    }

    assertThat((now - resumed) / MS).isBetween(300L, 360L);
    assertThat(datagrams.size() - before).isGreaterThanOrEqualTo(3);
  }

  @Test
  void aStallOfThisProcessIsNoSignOfAPeersLife() {
    detector.neighborUp("n2", now);
    run(5_000, true, true, MS);
    long died = now;
    now += 2_000 * MS;
    detector.addStallTime(2_000 * MS, now);

    assertThat(detector.hasHeardSince("n2", died)).isFalse();
    assertThat(detector.frameAge("n2", now)).isLessThan(1_500 * MS);
  }

  @Test
  void answersThatAreLateTeachTheRoundTripInsteadOfBeingMissed() {
    detector.neighborUp("n2", now);
    run(5_000, true, true, 20 * MS);
    run(20_000, true, true, 600 * MS);

    assertThat(changes).isEmpty();
    assertThat(detector.roundTrip("n2")).isBetween(400 * MS, 700 * MS);
  }

  @Test
  void whatOthersAnswerIsNoEvidence() {
    detector.neighborUp("n2", now);
    detector.check("n9", now, 60_000 * MS);
    for (int i = 0; i < 200; i++) {
      run(20, false, false, MS);
      List<Ping> asked = List.copyOf(datagrams);
      datagrams.clear();
      asked.forEach(ping -> detector.recordPong("n8", new Pong(ping.id()), false, false, now));
    }

    assertThat(detector.hearing("n2")).isEqualTo(Hearing.SILENT);
    assertThat(detector.hearing("n9")).isEqualTo(Hearing.SILENT);
    assertThat(detector.foreignAnswers()).isPositive();
  }

  @Test
  void anAnswerIsDatedByItsProbe() {
    detector.observe(Set.of("n2"), now);
    long sent = now;
    run(900, false, false, MS);
    detector.probeAnswered("n2", sent - 100 * MS, MS, now);
    assertThat(detector.aliveAsOf("n2")).isLessThanOrEqualTo(sent);
    detector.probeAnswered("n2", now + MS, MS, now);
    assertThat(detector.aliveAsOf("n2")).isLessThanOrEqualTo(sent);
  }

  @Test
  void whoIsProbedAnywayIsNotPinged() {
    detector.observe(Set.of("n2"), now);
    for (int i = 0; i < 100; i++) {
      run(200, false, false, MS);
      detector.probeAnswered("n2", now - MS, MS, now);
    }

    assertThat(datagrams.size()).isLessThanOrEqualTo(2);
    assertThat(changes).isEmpty();
  }

  @Test
  void checksAreBoundedAndEnd() {
    for (int i = 0; i < 1_000; i++) {
      detector.check("n" + i, now, 1_000 * MS);
    }
    assertThat(detector.watched()).hasSize(Detector.MAX_CHECKS);
    assertThat(detector.uncheckedForLimit()).isEqualTo(1_000 - Detector.MAX_CHECKS);

    run(2_000, false, false, MS);
    assertThat(detector.watched()).isEmpty();
  }

  /** That this process stood still explains what it does not hear, and not what others do not. */
  @Test
  void whatOthersDoNotHearEitherIsNotPutDownToStallsHere() {
    long alone = silenceAmongStalls(false);
    long accused = silenceAmongStalls(true);

    // It is looked at in the 100 ms of each 250 in which this process runs.
    assertThat(accused).isBetween(650L, 1_300L);
    assertThat(alone - accused).as("%d and %d ms", alone, accused).isGreaterThanOrEqualTo(100);
  }

  private long silenceAmongStalls(boolean isAccused) {
    String peer = isAccused ? "n3" : "n2";
    detector.neighborUp(peer, now);
    answering = peer;
    run(5_000, true, true, MS);
    changes.clear();
    long died = now;
    while (changes.isEmpty() && now - died < 5_000 * MS) {
      run(100, false, false, MS);
      if (isAccused) {
        detector.accused(peer, now);
      }
      now += 150 * MS;
      detector.addStallTime(150 * MS, now);
    }
    detector.forget(peer);
    return (now - died) / MS;
  }

  @Test
  void anothersWordAloneMakesNoSilenceShorter() {
    detector.neighborUp("n2", now);
    run(5_000, true, true, MS);
    run(10_000, true, true, 600 * MS);
    assertThat(changes).isEmpty();
    long died = now;
    while (changes.isEmpty() && now - died < 5_000 * MS) {
      detector.accused("n2", now);
      run(20, false, false, MS);
    }

    assertThat((now - died) / MS).isGreaterThanOrEqualTo(650);
  }

  @Test
  void whoAnswersAfterAStallHereIsHeardWhateverOthersSay() {
    detector.neighborUp("n2", now);
    run(5_000, true, true, MS);
    run(600, false, false, MS);
    detector.accused("n2", now);
    now += 2_000 * MS;
    detector.addStallTime(2_000 * MS, now);
    detector.accused("n2", now);
    run(5_000, true, true, 10 * MS);

    assertThat(changes).isEmpty();
  }

  @Test
  void anAnswerThatMayHaveWaitedBoundsARoundTripOfWhichNothingIsKnown() {
    detector.neighborUp("n2", now);
    while (datagrams.isEmpty()) {
      run(20, false, false, MS);
    }
    now += 40 * MS;
    Pong late = new Pong(datagrams.getFirst().id(), true);
    detector.recordPong("n2", late, false, true, now);
    assertThat(detector.roundTrip("n2")).isEqualTo(40 * MS);
    detector.recordPong("n2", late, false, true, now + 1_000 * MS);
    assertThat(detector.roundTrip("n2")).isEqualTo(40 * MS);
  }

  /** Of a node that is dead others can say that it lives again and again. */
  @Test
  void theWordOfNewLivesGivesNoMoreTimeThanThatOfOne() {
    detector.neighborUp("n2", now);
    run(5_000, true, true, MS);
    long died = now;
    while (changes.isEmpty() && now - died < 5_000 * MS) {
      run(400, false, false, MS);
      detector.restarted("n2", now);
    }

    assertThat(changes).containsExactly(Hearing.SILENT);
    assertThat((now - died) / MS).isLessThanOrEqualTo(1_600);
  }

  @Test
  void lashupsScaleIsItsOwn() {
    DetectorOptions lashup = DetectorOptions.lashup();
    assertThat(lashup.timeoutNanos(0, 0)).isEqualTo(660 * MS);
    assertThat(lashup.timeoutNanos(1_000 * MS, 0)).isEqualTo(990 * MS);
    assertThat(lashup.timeoutNanos(30 * MS, 0)).isBetween(661 * MS, 989 * MS);
  }

  @Test
  void timeoutsFollowTheRoundTripBetweenTheirBounds() {
    DetectorOptions adaptive = DetectorOptions.adaptive();
    Random random = new Random(1);
    for (int i = 0; i < 10_000; i++) {
      long srtt = random.nextLong(2_000 * MS);
      long rttvar = random.nextLong(1_000 * MS);
      assertThat(adaptive.timeoutNanos(srtt, rttvar))
          .isBetween(100 * MS, Math.max(300 * MS, 2 * srtt));
    }
    assertThat(adaptive.timeoutNanos(-1, 0)).isEqualTo(1_000 * MS);
  }

  private final List<Runnable> answers = new ArrayList<>();
  private final List<Long> answerTimes = new ArrayList<>();
  private final Set<Long> answered = new HashSet<>();
  private String answering = "n2";

  /** Lets time pass; pings are answered after a round trip if they are at all. */
  private void run(long millis, boolean answersDatagrams, boolean answersOverLink, long roundTrip) {
    long until = now + millis * MS;
    while (now < until) {
      now += TICK;
      for (int i = answers.size() - 1; i >= 0; i--) {
        if (answerTimes.get(i) <= now) {
          answers.remove(i).run();
          answerTimes.remove(i);
        }
      }
      int before = datagrams.size();
      int beforeOverLink = overLink.size();
      detector.tick(now);
      for (Ping ping : datagrams.subList(before, datagrams.size())) {
        answer(ping, false, answersDatagrams, roundTrip);
      }
      for (Ping ping : overLink.subList(beforeOverLink, overLink.size())) {
        answer(ping, true, answersOverLink, roundTrip);
      }
    }
  }

  private void answer(Ping ping, boolean isOverLink, boolean isAnswered, long roundTrip) {
    if (!isAnswered || !answered.add(ping.id())) {
      return;
    }
    long sent = now;
    answerTimes.add(sent + roundTrip);
    answers.add(() -> {
      if (isOverLink) {
        detector.recordFrame(answering, sent + roundTrip);
      }
      detector.recordPong(answering, new Pong(ping.id()), isOverLink, false, sent + roundTrip);
    });
  }
}
