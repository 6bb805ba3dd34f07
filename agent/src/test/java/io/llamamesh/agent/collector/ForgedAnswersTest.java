package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.SECOND;
import static io.llamamesh.agent.collector.ProberFixture.pair;
import static io.llamamesh.agent.collector.ProberFixture.plan;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.collector.CollectorCounters.Event;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.agent.wire.Slots;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Forged answers take no probe out of those lost. */
class ForgedAnswersTest {

  /** Offset of the slots in a frame of ours. */
  private static final int AT_SLOTS = 27;

  private static ProbeKeys key(int number) {
    byte[] key = new byte[16];
    Arrays.fill(key, (byte) number);
    return ProbeKeys.NONE.with(1, key, true);
  }

  private static InetSocketAddress at(String address, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(address), port);
  }

  private static ProberFixture probing(ProbeKeys keys, String address) {
    ProberFixture mesh = new ProberFixture(keys);
    mesh.prober.apply(plan(pair(at(address, 8100), 4, 100 * MILLI, keys.isRequired())));
    return mesh;
  }

  /** As a reflector would make it of a probe. */
  private static byte[] answer(byte[] probe, int epoch, int flags) {
    byte[] bytes = probe.clone();
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    Slots.reply(buffer, AT_SLOTS, flags, 0);
    Slots.reflector(buffer, AT_SLOTS, epoch, 0, 0, 0);
    return bytes;
  }

  private static void allIsLost(ProberFixture mesh) {
    mesh.prober.apply(ProbePlan.IDLE);
    mesh.run(20 * SECOND);
    mesh.prober.finish();
    assertThat(mesh.published(Outcome.LOST)).isEqualTo(mesh.published(Attempt.SENT)).isPositive();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.12", "::1"})
  void answersWithoutTheKeyLeaveKeyedProbesLost(String address) {
    ProberFixture mesh = probing(key(1), address);
    mesh.dropForward = probe -> true;
    mesh.whenSent =
        (probe, from, bytes) -> {
          byte[] unkeyed = answer(bytes, 7, 0);
          from.deliver(unkeyed, probe.to(), 1000);
          from.deliver(Arrays.copyOf(unkeyed, 200), probe.to(), 2000);
          from.deliver(bytes, probe.to(), 3000);
          ByteBuffer buffer = ByteBuffer.wrap(unkeyed);
          key(2).sign(buffer, 0, key(2).signing());
          from.deliver(unkeyed, probe.to(), 4000);
        };
    mesh.run(30 * SECOND);

    allIsLost(mesh);
    assertThat(mesh.counters.count(Event.UNKEYED_ANSWER)).isEqualTo(3L * mesh.probes.size());
    assertThat(mesh.counters.count(Event.GARBLED)).isEqualTo(mesh.probes.size());
  }

  @ParameterizedTest
  @CsvSource({"300, true", "91, true", "90, false", "40, false"})
  void aKeyedAnswerThatWasCutIsCorruptWhereWhatIsSignedIsLeft(int length, boolean proven) {
    ProberFixture mesh = probing(key(1), "127.0.0.12");
    mesh.garble = (probe, answer) -> List.of(Arrays.copyOf(answer, length));
    mesh.run(30 * SECOND);
    mesh.prober.apply(ProbePlan.IDLE);
    mesh.run(20 * SECOND);
    mesh.prober.finish();

    assertThat(mesh.published(proven ? Outcome.CORRUPT : Outcome.LOST))
        .isEqualTo(mesh.published(Attempt.SENT))
        .isPositive();
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.12, 127.0.0.13, 8100", "127.0.0.12, 127.0.0.12, 8101",
    "::1, ::2, 8100", "::1, ::1, 8101"
  })
  void answersOfOurReflectorsComeFromWhereTheyWereAsked(String address, String other, int port) {
    ProberFixture mesh = probing(ProbeKeys.NONE, address);
    mesh.dropForward = probe -> true;
    mesh.whenSent =
        (probe, from, bytes) -> {
          byte[] forged = answer(bytes, 7, 0);
          from.deliver(forged, at(other, port), 1000);
          from.deliver(Arrays.copyOf(forged, 200), at(other, port), 2000);
        };
    mesh.run(30 * SECOND);

    allIsLost(mesh);
    assertThat(mesh.counters.count(Event.FOREIGN_ANSWER)).isEqualTo(2L * mesh.probes.size());
  }

  @Test
  void aReflectorOfLlamaMayAnswerFromAnotherAddressOfItsHost() {
    ProberFixture mesh = probing(ProbeKeys.NONE, "127.0.0.12");
    mesh.dropForward = probe -> true;
    mesh.whenSent = (probe, from, bytes) -> from.deliver(bytes, at("127.0.0.99", 8100), 1000);
    mesh.run(60 * SECOND);

    assertThat(mesh.published(Outcome.RECEIVED))
        .isEqualTo(mesh.published(Attempt.SENT))
        .isPositive();
  }

  @Test
  void whereAReflectorOfOursAnsweredNobodyElseAnswersLikeLlamas() {
    ProberFixture mesh = probing(ProbeKeys.NONE, "127.0.0.12");
    mesh.run(30 * SECOND);
    int answered = mesh.probes.size();
    mesh.dropForward = probe -> true;
    mesh.whenSent = (probe, from, bytes) -> from.deliver(bytes, at("127.0.0.99", 8100), 1000);
    mesh.run(30 * SECOND);
    mesh.prober.apply(ProbePlan.IDLE);
    mesh.run(20 * SECOND);
    mesh.prober.finish();

    assertThat(mesh.published(Outcome.LOST)).isEqualTo(mesh.probes.size() - answered).isPositive();
    assertThat(mesh.published(Outcome.RECEIVED)).isEqualTo(answered);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.12", "::1"})
  void oneForgedDrainHidesNoLossOnceAnUnkeyedDrainIsOver(String address) {
    ProberFixture mesh = probing(ProbeKeys.NONE, address);
    mesh.run(10 * SECOND);
    mesh.dropForward = probe -> true;
    mesh.whenSent =
        (probe, from, bytes) ->
            from.deliver(answer(bytes, mesh.epoch, Slots.FLAG_DRAINING), probe.to(), 1000);
    mesh.run(SECOND);
    mesh.whenSent = (probe, from, bytes) -> {};
    int before = mesh.probes.size();
    mesh.run(Peer.UNKEYED_DRAINING_MAX_NANOS - SECOND);
    assertThat(mesh.probes.subList(before, mesh.probes.size()))
        .allMatch(ProberFixture.Probe::hello);
    int hidden = mesh.probes.size();

    mesh.run(30 * SECOND);
    mesh.prober.apply(ProbePlan.IDLE);
    mesh.run(20 * SECOND);
    mesh.prober.finish();

    assertThat(mesh.published(Outcome.LOST))
        .isGreaterThanOrEqualTo(mesh.probes.size() - hidden - 4)
        .isGreaterThan(1000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.12", "::1"})
  void drainsForgedBesideAnswersAreFoundFalseAndHideNoLoss(String address) {
    ProberFixture mesh = probing(ProbeKeys.NONE, address);
    mesh.run(10 * SECOND);
    mesh.dropForward = probe -> probe.sequence() % 3 == 0;
    mesh.whenSent =
        (probe, from, bytes) -> {
          if (probe.sequence() % 3 == 0) {
            from.deliver(answer(bytes, mesh.epoch, Slots.FLAG_DRAINING), probe.to(), 1000);
          }
        };
    mesh.run(60 * SECOND);

    // Each second once at most, until its peer answers; then this life drains no more.
    assertThat(mesh.probes.stream().filter(ProberFixture.Probe::hello)).hasSizeLessThan(5);
    assertThat(mesh.counters.count(Event.FALSE_GOODBYE)).isGreaterThan(100);
    assertThat(mesh.counters.peers(PeerState.UP)).isEqualTo(1);
  }

  @Test
  void aDrainInACopyOfAnAnswerOrAfterTheTimeoutIsNone() {
    ProberFixture mesh = probing(ProbeKeys.NONE, "127.0.0.12");
    mesh.whenSent =
        (probe, from, bytes) -> {
          byte[] drainReply = answer(bytes, mesh.epoch, Slots.FLAG_DRAINING);
          boolean isLost = probe.sequence() % 3 == 0;
          from.deliver(drainReply, probe.to(), isLost ? SECOND + 500 * MILLI : 300_000);
        };
    mesh.dropReturn = probe -> probe.sequence() % 3 == 0;
    mesh.run(10 * SECOND);

    assertThat(mesh.states).isEmpty();
  }
}
