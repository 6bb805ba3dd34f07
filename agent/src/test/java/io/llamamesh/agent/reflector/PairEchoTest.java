package io.llamamesh.agent.reflector;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.net.Batch;
import io.llamamesh.agent.net.Ip;
import io.llamamesh.agent.net.Remote;
import io.llamamesh.agent.wire.PairKey;
import io.llamamesh.agent.wire.PairSigner;
import io.llamamesh.agent.wire.PairSigners;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.agent.wire.ProbeWriter;
import io.llamamesh.agent.wire.SenderTable;
import io.llamamesh.agent.wire.Slots;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A reflector between nodes with keys of their pairs, one of which forges. */
final class PairEchoTest {
  private static final int LENGTH = 128;
  private static final int AT_SLOTS = 27;
  private static final InetAddress A = InetAddress.ofLiteral("192.0.2.1");
  private static final InetAddress A6 = InetAddress.ofLiteral("2001:db8::1");
  private static final InetAddress M = InetAddress.ofLiteral("192.0.2.66");
  private static final InetAddress OUTSIDE = InetAddress.ofLiteral("198.51.100.7");
  private static final ProbeKeys MESH = ProbeKeys.NONE.with(1, new byte[16], true);

  private final FakeBatch batch = new FakeBatch();
  private final EchoReply reply = new EchoReply();
  private final SourceTable sources = new SourceTable();
  private ProbeKeys keys = withSenders(true);
  private final Echo echo =
      new Echo(
          new RateLimit(100_000, 0),
          new RateLimit(10_000, 0),
          new RateLimit(10_000, 0),
          new int[] {8100},
          ReflectorOptions.standard(100_000, 1).withKeys(() -> keys, List.of()));
  private final PairSigner ofA = proven(5);
  private final PairSigner ofM = proven(66);
  private int sequence;
  private long now;

  private static final class FakeBatch extends Batch {
    private final ByteBuffer bytes = ByteBuffer.allocate(LENGTH);

    FakeBatch() {
      super(1, LENGTH);
    }

    @Override
    public ByteBuffer bytes() {
      return bytes;
    }

    void arrive(InetAddress from, long now) {
      Remote sender = new Remote(new InetSocketAddress(from, 40_000));
      fill(0, LENGTH, 0, now, sender, sender);
    }
  }

  private static PairKey key(int seed) {
    byte[] bytes = new byte[16];
    Arrays.fill(bytes, (byte) seed);
    return new PairKey(seed, bytes);
  }

  private static ProbeKeys withSenders(boolean exclusive) {
    return MESH.withPairs(
        new SenderTable(List.of(sender(5, A, A6), sender(66, M)), exclusive), new PairSigners());
  }

  private static SenderTable.Sender sender(int seed, InetAddress... addresses) {
    long[] halves =
        Arrays.stream(addresses)
            .flatMapToLong(a -> Arrays.stream(new long[] {Ip.high(a), Ip.low(a)}))
            .toArray();
    return new SenderTable.Sender(key(seed), halves);
  }

  private static PairSigner proven(int seed) {
    PairSigners signers = new PairSigners();
    signers.offer(Map.of("b", List.of(key(seed))), Instant.EPOCH);
    PairSigner signer = signers.of("b", new InetSocketAddress(A, 8100));
    ByteBuffer test = ByteBuffer.allocate(LENGTH);
    ProbeWriter.frame(test, LENGTH, 0);
    ProbeWriter.sent(test, 1);
    assertThat(signer.trySignTest(test, 0)).isTrue();
    signer.recordAnswered(signer.verify(test, 0, LENGTH));
    return signer;
  }

  /** A probe of a's flow, unsigned. */
  private ByteBuffer probe() {
    now += 1_000_000;
    ByteBuffer bytes = batch.bytes();
    ProbeWriter.frame(bytes, LENGTH, 0);
    ProbeWriter.signature(bytes, 5, 6, sequence++);
    ProbeWriter.sent(bytes, now);
    return bytes;
  }

  private Disposition arrive(InetAddress from) {
    batch.arrive(from, now);
    echo.refreshKeys();
    Disposition disposition = echo.process(batch, 0, now, 0, 0, false, reply);
    if (disposition == Disposition.REFLECTED) {
      echo.stamp(batch.bytes(), reply, now);
    }
    return disposition;
  }

  private boolean isCounted(InetAddress from) {
    return sources.recordReflected(
        Ip.high(from),
        Ip.low(from),
        now,
        false,
        reply.isCounted(),
        reply.isByPair(),
        reply.mustBeByPair);
  }

  @ParameterizedTest
  @ValueSource(strings = {"192.0.2.1", "2001:db8::1"})
  void aProbeByPairIsAnsweredByTheSameKeyAndCountsForItsSender(String address) {
    InetAddress from = InetAddress.ofLiteral(address);
    assertThat(ofA.trySign(probe(), false)).isTrue();

    assertThat(arrive(from)).isEqualTo(Disposition.REFLECTED);

    assertThat(isCounted(from)).isTrue();
    assertThat(Slots.direction(batch.bytes(), AT_SLOTS)).isEqualTo(Slots.REPLY);
    assertThat(Slots.epoch(batch.bytes(), AT_SLOTS)).isEqualTo(1);
    assertThat(ofA.verify(batch.bytes(), 0, LENGTH)).isNotZero();
    assertThat(ofM.verify(batch.bytes(), 0, LENGTH)).isZero();
    assertThat(MESH.verify(batch.bytes(), 0, LENGTH)).isZero();
  }

  /** Root of m has m's keys, and may send from any address. */
  @Test
  void theKeysOfOneNodeOpenNothingInAnothersName() {
    assertThat(ofM.trySign(probe(), false)).isTrue();
    assertThat(arrive(A)).isEqualTo(Disposition.UNKEYED);
    assertThat(ofM.trySign(probe(), false)).isTrue();
    assertThat(arrive(A6)).isEqualTo(Disposition.UNKEYED);
    // Under a's number.
    assertThat(ofM.trySign(probe(), false)).isTrue();
    batch.bytes().putInt(AT_SLOTS + 24, 5);
    assertThat(arrive(A)).isEqualTo(Disposition.UNKEYED);
    MESH.sign(batch.bytes(), 0, 1);
    assertThat(arrive(A)).isEqualTo(Disposition.UNKEYED);

    assertThat(ofM.trySign(probe(), false)).isTrue();
    assertThat(arrive(M)).isEqualTo(Disposition.REFLECTED);
  }

  @Test
  void whatTheMeshsKeySignsCountsForNobodyWhoSignsByPair() {
    MESH.sign(probe(), 0, 1);
    assertThat(arrive(A)).isEqualTo(Disposition.REFLECTED);
    assertThat(isCounted(A)).as("before it signs by pair").isTrue();
    assertThat(ofA.trySign(probe(), false)).isTrue();
    assertThat(arrive(A)).isEqualTo(Disposition.REFLECTED);
    assertThat(isCounted(A)).isTrue();

    MESH.sign(probe(), 0, 1);
    assertThat(arrive(A)).as("no probe is ever refused for it").isEqualTo(Disposition.REFLECTED);
    assertThat(isCounted(A)).isFalse();
    // Probes from outside have no keys of pairs.
    MESH.sign(probe(), 0, 1);
    assertThat(arrive(OUTSIDE)).isEqualTo(Disposition.REFLECTED);
    assertThat(isCounted(OUTSIDE)).isTrue();

    keys = withSenders(false);
    MESH.sign(probe(), 0, 1);
    assertThat(arrive(A)).isEqualTo(Disposition.REFLECTED);
    assertThat(isCounted(A)).as("on the way back").isTrue();
  }

  /** Who sees a's probes knows nonce, flow and sequence, by which its directions are told. */
  @Test
  void nobodyElseAddsToTheMemoryOfAFlowByPair() {
    assertThat(ofA.trySign(probe(), false)).isTrue();
    arrive(A);
    sequence = 40;
    MESH.sign(probe(), 0, 1);
    assertThat(arrive(OUTSIDE)).isEqualTo(Disposition.REFLECTED);
    sequence = 1;
    assertThat(ofA.trySign(probe(), false)).isTrue();
    arrive(A);

    assertThat(Slots.highest(batch.bytes(), AT_SLOTS)).isEqualTo(1);
    assertThat(Slots.tracked(batch.bytes(), AT_SLOTS)).isEqualTo(1);
    assertThat(Slots.bitmap(batch.bytes(), AT_SLOTS)).isEqualTo(1);
  }

  @Test
  void aProbeByPairThatWasRecordedIsReflectedAndCountsForNobody() {
    ByteBuffer bytes = probe();
    assertThat(ofA.trySign(bytes, false)).isTrue();
    byte[] recorded = new byte[LENGTH];
    bytes.get(0, recorded);
    arrive(A);
    assertThat(reply.isReplay).isFalse();

    batch.bytes().put(0, recorded);
    arrive(A);

    assertThat(reply.isReplay).isTrue();
  }
}
