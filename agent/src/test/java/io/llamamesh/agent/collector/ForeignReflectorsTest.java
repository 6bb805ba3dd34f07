package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.SECOND;
import static io.llamamesh.agent.collector.ProberFixture.plan;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.wire.ForeignDatagrams;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers as real reflectors of other programs gave them, to probes of ours. */
class ForeignReflectorsTest {

  private static final int EF = 0xb8;
  private static final int TAG_TOS_NUMBER = 0x10;

  private final ProberFixture mesh = new ProberFixture();
  private final List<Boolean> numbers = new ArrayList<>();

  private static ProbePlan.Pair pair(String host, int length, int tos) {
    return new ProbePlan.Pair(
        new ProbePlan.TrafficClass("default", tos, 25000, SECOND, length),
        new InetSocketAddress(InetAddress.ofLiteral(host), 8100),
        1,
        250 * MILLI,
        false,
        Map.of("dst_ip", host));
  }

  /** A recorded answer with the signature of the probe that is answered. */
  private static byte[] recorded(String name, byte[] probe) {
    byte[] answer = ForeignDatagrams.named(name);
    System.arraycopy(probe, 2, answer, 2, 10);
    return answer;
  }

  private void arrivesWith(int tos) {
    mesh.network.arrivingTos = tos;
  }

  private void everyProbeIsReceived() {
    assertThat(mesh.published(Attempt.SENT)).isGreaterThan(50);
    assertThat(mesh.published(Outcome.RECEIVED)).isEqualTo(mesh.published(Attempt.SENT));
    assertThat(mesh.counters.count(CollectorCounters.Event.GARBLED)).isZero();
    assertThat(mesh.counters.count(CollectorCounters.Event.NOT_A_PROBE)).isZero();
  }

  @ParameterizedTest
  @CsvSource({"ours-91, 91", "ours-1028, 1028"})
  void udprobesAnswersWrittenAnewAndTenBytesLongerAreAnswers(String probe, int length) {
    mesh.prober.apply(plan(pair("127.0.0.12", length, 0)));
    mesh.garble = (sent, bytes) -> List.of(recorded("udprobe-reply-to-" + probe, bytes));

    mesh.run(30 * SECOND);

    everyProbeIsReceived();
    assertThat(mesh.published(Mark.DSCP_REWRITTEN)).isZero();
  }

  /** Udprobe's reflector mirrors a ToS that is a number, and takes any other for 0. */
  private byte[] asUdprobe(byte[] probe) {
    boolean number = probe[12] == TAG_TOS_NUMBER;
    numbers.add(number);
    arrivesWith(number ? EF : 0);
    return recorded(
        number ? "udprobe-reply-to-ours-1028-number-tosb8" : "udprobe-reply-to-ours-1028-tosb8",
        probe);
  }

  @Test
  void aClassIsSentToUdprobeAsItUnderstandsItFromTheSecondProbeOn() {
    mesh.prober.apply(plan(pair("127.0.0.12", 1028, EF)));
    mesh.garble = (sent, bytes) -> List.of(asUdprobe(bytes));

    mesh.run(30 * SECOND);

    everyProbeIsReceived();
    assertThat(numbers.getFirst()).isFalse();
    assertThat(numbers.subList(1, numbers.size())).containsOnly(true);
    assertThat(mesh.published(Mark.DSCP_REWRITTEN)).isZero();
  }

  @Test
  void aReflectorOfLlamaInThePlaceOfUdprobesIsUnderstoodWithinSeconds() {
    mesh.prober.apply(plan(pair("127.0.0.12", 1028, EF)));
    mesh.garble = (sent, bytes) -> List.of(asUdprobe(bytes));
    mesh.run(10 * SECOND);

    // It throws probes away whose tos is a number.
    mesh.garble =
        (sent, bytes) ->
            bytes[12] == TAG_TOS_NUMBER
                ? List.of()
                : List.of(recorded("llama-reply-to-ours-1028-tosb8", bytes));
    mesh.run(30 * SECOND);
    int lost = mesh.published(Outcome.LOST);
    mesh.run(30 * SECOND);

    assertThat(lost).isBetween(18, 26);
    assertThat(mesh.published(Outcome.LOST)).isEqualTo(lost);
    assertThat(mesh.published(Mark.DSCP_REWRITTEN)).isZero();
  }

  @Test
  void aClassThatTheNetworkRewroteOnTheWayBackFromUdprobeIsMarked() {
    mesh.prober.apply(plan(pair("127.0.0.12", 1028, EF)));
    mesh.garble =
        (sent, bytes) -> {
          byte[] answer = asUdprobe(bytes);
          arrivesWith(0);
          return List.of(answer);
        };

    mesh.run(30 * SECOND);

    everyProbeIsReceived();
    // All but the first, whose class udprobe did not understand.
    assertThat(mesh.published(Mark.DSCP_REWRITTEN)).isEqualTo(mesh.published(Attempt.SENT) - 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama-reply-to-ours-1028-tosb8", "udprobe-reply-to-ours-1028-tosb8"})
  void goSetsNoClassOnIpv6SoNothingIsGuessedFromItsAbsence(String answer) {
    mesh.prober.apply(plan(pair("::1", 1028, EF)));
    mesh.garble = (sent, bytes) -> List.of(recorded(answer, bytes));

    mesh.run(30 * SECOND);

    everyProbeIsReceived();
    assertThat(mesh.published(Mark.DSCP_REWRITTEN)).isZero();
  }

  @Test
  void anAnswerWrittenAnewWithLessPaddingThanWeSentIsCorrupt() {
    mesh.prober.apply(plan(pair("127.0.0.12", 1028, 0)));
    // To a shorter probe.
    mesh.garble = (sent, bytes) -> List.of(recorded("udprobe-reply-to-ours-200-tosb8", bytes));

    mesh.run(30 * SECOND);

    assertThat(mesh.published(Outcome.CORRUPT)).isEqualTo(mesh.published(Attempt.SENT));
  }

  @Test
  void anAnswerWrittenAnewThatIsCutIsCorrupt() {
    mesh.prober.apply(plan(pair("127.0.0.12", 1028, 0)));
    mesh.garble =
        (sent, bytes) ->
            List.of(Arrays.copyOf(recorded("udprobe-reply-to-ours-1028", bytes), 1028));

    mesh.run(30 * SECOND);

    assertThat(mesh.published(Outcome.CORRUPT)).isEqualTo(mesh.published(Attempt.SENT));
  }

  @Test
  void aReflectorOfThePythonLlamaAnswersProbesOfItsShape() {
    ProbePlan.Pair llama = pair("127.0.0.12", 1028, EF);
    mesh.prober.apply(
        plan(
            new ProbePlan.Pair(
                llama.trafficClass().asLegacy(),
                llama.target(),
                4,
                llama.periodNanos(),
                false,
                llama.tags())));
    mesh.dropReturn = probe -> probe.sequence() % 4 == 1;
    List<Integer> lengths = new ArrayList<>();
    mesh.garble =
        (sent, bytes) -> {
          lengths.add(bytes.length);
          arrivesWith(EF);
          return List.of(bytes);
        };

    mesh.run(30 * SECOND);

    int sent = mesh.published(Attempt.SENT);
    assertThat(lengths).isNotEmpty().containsOnly(36);
    assertThat(mesh.published(Outcome.LOST)).isBetween(sent / 4 - 4, sent / 4 + 4);
    assertThat(mesh.published(Outcome.RECEIVED)).isEqualTo(sent - mesh.published(Outcome.LOST));
    assertThat(mesh.counters.count(CollectorCounters.Event.UNEXPECTED)).isZero();
  }
}
