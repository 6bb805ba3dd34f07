package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.SECOND;
import static io.llamamesh.agent.collector.ProberFixture.pair;
import static io.llamamesh.agent.collector.ProberFixture.plan;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.net.FakeNetwork;
import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.agent.wire.ProbeWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An ICMP error is believed of the probe that it quotes, and of no other. */
class UnprovenErrorsTest {

  private final SplittableRandom random = new SplittableRandom(11);
  private int dropped;
  private int forged;

  private static InetSocketAddress target(String address) {
    return new InetSocketAddress(InetAddress.ofLiteral(address), 8100);
  }

  private static ProbeKeys key() {
    return ProbeKeys.NONE.with(1, new byte[16], true);
  }

  /** Quotes of a forger who has or has not seen the probe. */
  enum Quote {
    NOTHING {
      @Override
      byte[] of(byte[] sent, SplittableRandom random) {
        return new byte[0];
      }
    },
    RUBBISH {
      @Override
      byte[] of(byte[] sent, SplittableRandom random) {
        byte[] bytes = new byte[1028];
        random.nextBytes(bytes);
        return bytes;
      }
    },
    ANOTHER_NONCE {
      @Override
      byte[] of(byte[] sent, SplittableRandom random) {
        return changed(sent, 2);
      }
    },
    ANOTHER_FLOW {
      @Override
      byte[] of(byte[] sent, SplittableRandom random) {
        return changed(sent, 7);
      }
    },
    LONG_BEFORE {
      @Override
      byte[] of(byte[] sent, SplittableRandom random) {
        return changed(sent, 9);
      }
    },
    CUT_BEFORE_THE_SEQUENCE {
      @Override
      byte[] of(byte[] sent, SplittableRandom random) {
        return Arrays.copyOf(sent, 11);
      }
    };

    abstract byte[] of(byte[] sent, SplittableRandom random);

    static byte[] changed(byte[] sent, int at) {
      byte[] bytes = sent.clone();
      bytes[at] ^= 0x40;
      return bytes;
    }
  }

  private ProberFixture lossy(ProbeKeys keys, String address) {
    ProberFixture mesh = new ProberFixture(keys);
    mesh.prober.apply(plan(pair(target(address), 4, 100 * MILLI, keys.isRequired())));
    mesh.dropForward =
        probe -> {
          boolean drops = random.nextInt(10) < 3;
          dropped += drops ? 1 : 0;
          return drops;
        };
    return mesh;
  }

  private static void finish(ProberFixture mesh) {
    mesh.dropForward = probe -> false;
    mesh.whenSent = (probe, from, bytes) -> {};
    mesh.run(30 * SECOND);
    mesh.prober.finish();
  }

  private void forge(FakeNetwork.FakeSocket from, String address, byte[] quote) {
    from.fail(PeerError.PORT_UNREACHABLE, target(address), quote);
    forged++;
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.12, NOTHING", "127.0.0.12, RUBBISH", "127.0.0.12, ANOTHER_NONCE",
    "127.0.0.12, ANOTHER_FLOW", "127.0.0.12, LONG_BEFORE", "127.0.0.12, CUT_BEFORE_THE_SEQUENCE",
    "::1, NOTHING", "::1, RUBBISH", "::1, ANOTHER_NONCE",
    "::1, ANOTHER_FLOW", "::1, LONG_BEFORE", "::1, CUT_BEFORE_THE_SEQUENCE"
  })
  void whatQuotesNoProbeInFlightIsCountedApartAndHidesNoLoss(String address, Quote quote) {
    ProberFixture mesh = lossy(ProbeKeys.NONE, address);
    mesh.whenSent = (probe, from, bytes) -> forge(from, address, quote.of(bytes, random));
    mesh.run(60 * SECOND);
    finish(mesh);

    assertThat(mesh.published(Outcome.LOST)).isEqualTo(dropped).isPositive();
    assertThat(mesh.published(Outcome.REFUSED)).isZero();
    assertThat(mesh.counters.count(CollectorCounters.Event.UNPROVEN_ERROR)).isEqualTo(forged);
    assertThat(mesh.counters.count(PeerError.PORT_UNREACHABLE)).isZero();
    assertThat(mesh.states).isEmpty();
  }

  @Test
  void errorsOfWhichTheSocketKeptOnlyTheNumberAreCountedApart() {
    ProberFixture mesh = new ProberFixture();
    mesh.prober.apply(plan(pair(target("127.0.0.12"), 4, 100 * MILLI, false)));
    mesh.run(SECOND);
    mesh.network.sockets.getFirst().errorsUndelivered = 5000;
    mesh.run(SECOND);

    assertThat(mesh.counters.count(CollectorCounters.Event.UNPROVEN_ERROR)).isEqualTo(5000);
    assertThat(mesh.counters.count(CollectorCounters.Event.NETWORK_ERROR)).isEqualTo(5000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.12", "::1"})
  void withKeysAQuoteMustBeSignedAsTheProbeWas(String address) {
    ProberFixture mesh = lossy(key(), address);
    mesh.whenSent =
        (probe, from, bytes) -> {
          byte[] changed = bytes.clone();
          ByteBuffer buffer = ByteBuffer.wrap(changed);
          ProbeWriter.sent(buffer, 1);
          forge(from, address, changed);
        };
    mesh.run(60 * SECOND);
    finish(mesh);

    assertThat(mesh.published(Outcome.LOST)).isEqualTo(dropped).isPositive();
    assertThat(mesh.published(Outcome.REFUSED)).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.12", "::1"})
  void withKeysWhatIsRightlyQuotedIsBelieved(String address) {
    ProberFixture mesh = new ProberFixture(key());
    mesh.prober.apply(plan(pair(target(address), 4, 100 * MILLI, true)));
    mesh.refuse = probe -> true;
    mesh.run(30 * SECOND);
    mesh.prober.finish();

    assertThat(mesh.published(Outcome.LOST)).isZero();
    assertThat(mesh.published(Outcome.REFUSED)).isGreaterThan(1000);
    assertThat(mesh.counters.count(CollectorCounters.Event.UNPROVEN_ERROR)).isZero();
  }

  @Test
  void probesOfThePythonLlamaAreQuotedToo() {
    ProbePlan.Pair pair = pair(target("127.0.0.12"), 4, 100 * MILLI, false);
    ProberFixture mesh = new ProberFixture();
    mesh.prober.apply(
        plan(
            new ProbePlan.Pair(
                pair.trafficClass().asLegacy(),
                pair.target(),
                pair.sourcePorts(),
                pair.periodNanos(),
                false,
                pair.tags())));
    mesh.refuse = probe -> true;
    mesh.run(30 * SECOND);
    mesh.prober.finish();

    assertThat(mesh.published(Outcome.REFUSED)).isGreaterThan(1000);
    assertThat(mesh.counters.count(CollectorCounters.Event.UNPROVEN_ERROR)).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.12", "::1"})
  void aProbeThatWasAnsweredCannotHaveBeenRefused(String address) {
    ProberFixture mesh = lossy(ProbeKeys.NONE, address);
    Map<FakeNetwork.FakeSocket, byte[]> before = new HashMap<>();
    mesh.whenSent =
        (probe, from, bytes) -> {
          byte[] last = before.put(from, bytes.clone());
          // Sent 100 ms ago: answered, unless it was dropped.
          if (last != null && probe.sequence() % 10 == 0) {
            forge(from, address, last);
          }
        };
    mesh.run(60 * SECOND);
    finish(mesh);

    // Who listens on the way can name a lost probe and what was lost between two answers.
    assertThat(mesh.published(Outcome.REFUSED)).isLessThan(dropped / 5);
    assertThat(mesh.published(Outcome.LOST) + mesh.published(Outcome.REFUSED)).isEqualTo(dropped);
    assertThat(mesh.counters.count(CollectorCounters.Event.UNPROVEN_ERROR))
        .isGreaterThan(forged / 2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.12", "::1"})
  void aQuoteInTheQueueOfAnotherPortOrOfAnotherDestinationProvesNothing(String address) {
    ProberFixture mesh = lossy(ProbeKeys.NONE, address);
    mesh.whenSent =
        (probe, from, bytes) -> {
          for (FakeNetwork.FakeSocket socket : mesh.network.sockets) {
            if (socket != from) {
              forge(socket, address, bytes);
            }
          }
          from.fail(
              PeerError.PORT_UNREACHABLE,
              new InetSocketAddress(InetAddress.ofLiteral(address), 8101),
              bytes);
          forged++;
        };
    mesh.run(20 * SECOND);
    finish(mesh);

    assertThat(mesh.published(Outcome.LOST)).isEqualTo(dropped).isPositive();
    assertThat(mesh.counters.count(CollectorCounters.Event.UNPROVEN_ERROR)).isEqualTo(forged);
  }
}
