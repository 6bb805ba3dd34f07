package io.llamamesh.agent.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.net.Ip;
import io.llamamesh.agent.wire.PairKey;
import io.llamamesh.agent.wire.PairSigner;
import io.llamamesh.agent.wire.PairSigners;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.agent.wire.ProbeWriter;
import io.llamamesh.auth.KeyRing;
import io.llamamesh.keys.KeyDerivation;
import io.llamamesh.keys.NodeKeys;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Keys of a node's pairs over time: what is taken, and what signs, while masters and names change.
 */
final class PairKeyringTest {
  private static final int LENGTH = 128;
  private static final InetAddress A = InetAddress.ofLiteral("192.0.2.1");
  private static final InetAddress ELSEWHERE = InetAddress.ofLiteral("192.0.2.9");
  private static final ProbeKeys MESH = ProbeKeys.NONE.with(1, new byte[16], true);
  private static final Instant START = Instant.parse("2026-12-01T00:00:00Z");

  private final PairKeyring ring = new PairKeyring();

  private static byte[] master(int seed) {
    byte[] bytes = new byte[KeyDerivation.MASTER_BYTES];
    Arrays.fill(bytes, (byte) seed);
    return bytes;
  }

  private static KeyRing.Entry entry(int seed, byte[] key, @Nullable Instant until) {
    return new KeyRing.Entry(
        seed,
        Base64.getEncoder().encodeToString(key),
        START.plus(Duration.ofMinutes(10L * (seed - 1))),
        until);
  }

  private static byte[] pairKey(int master, String from, String generation, String to) {
    return KeyDerivation.pair(KeyDerivation.node(master(master), "uid", to, "g"), from, generation);
  }

  /** The document of node b, which a probes, and which probes a. */
  private static NodeKeys ofB(String generationOfA, int... masters) {
    List<KeyRing.Entry> keys = new ArrayList<>();
    List<KeyRing.Entry> pairs = new ArrayList<>();
    for (int master : masters) {
      Instant until =
          master == masters[masters.length - 1] ? null : START.plus(Duration.ofHours(24));
      keys.add(entry(master, KeyDerivation.node(master(master), "uid", "b", "g"), until));
      pairs.add(entry(master, pairKey(master, "b", "g", "a"), until));
    }
    return new NodeKeys(
        "uid",
        "b",
        "1",
        keys,
        new TreeMap<>(Map.of("a", pairs)),
        generationOfA.isEmpty()
            ? new TreeMap<>()
            : new TreeMap<>(
                Map.of(
                    "a",
                    new NodeKeys.Sender(
                        generationOfA, List.of("192.0.2.1", "2001:db8::1", "no address")))));
  }

  /** As the operator derives it for a, and a signs with it. */
  private static ByteBuffer probeOfA(byte[] secret) {
    ByteBuffer bytes = ByteBuffer.allocate(LENGTH);
    ProbeWriter.frame(bytes, LENGTH, 0);
    ProbeWriter.sent(bytes, 1);
    PairSigners own = new PairSigners();
    own.offer(
        Map.of("b", List.of(new PairKey(KeyDerivation.number(secret), secret))), Instant.EPOCH);
    assertThat(own.of("b", new InetSocketAddress(A, 1)).trySignTest(bytes, 0)).isTrue();
    return bytes;
  }

  private boolean takes(byte[] secret, InetAddress from) {
    return ring.with(MESH).verifyRequest(probeOfA(secret), 0, LENGTH, Ip.high(from), Ip.low(from))
        < 0;
  }

  private PairSigner towardsA() {
    return Objects.requireNonNull(ring.with(MESH).signers())
        .of("a", new InetSocketAddress(A, 8100));
  }

  @Test
  void aReflectorDerivesTheKeysOfItsSendersAndTakesThemFromTheirAddresses() {
    ring.follow(ofB("g", 1), START);

    assertThat(takes(pairKey(1, "a", "g", "b"), A)).isTrue();
    assertThat(takes(pairKey(1, "a", "g", "b"), InetAddress.ofLiteral("2001:db8::1"))).isTrue();
    assertThat(takes(pairKey(1, "a", "g", "b"), ELSEWHERE)).isFalse();
    assertThat(takes(pairKey(1, "m", "g", "b"), A)).isFalse();
    assertThat(takes(pairKey(1, "b", "g", "a"), A)).as("the other direction").isFalse();
    assertThat(takes(pairKey(2, "a", "g", "b"), A)).isFalse();
    assertThat(ring.with(MESH)).as("no object for each batch").isSameAs(ring.with(MESH));
  }

  @Test
  void afterARotationBothAreTakenUntilTheOldOnesEnd() {
    ring.follow(ofB("g", 1, 2), START);
    assertThat(takes(pairKey(1, "a", "g", "b"), A)).isTrue();
    assertThat(takes(pairKey(2, "a", "g", "b"), A)).isTrue();

    ring.refresh(START.plus(Duration.ofHours(23)));
    assertThat(takes(pairKey(1, "a", "g", "b"), A)).isTrue();
    ring.refresh(START.plus(Duration.ofHours(24)));
    assertThat(takes(pairKey(1, "a", "g", "b"), A)).isFalse();
    assertThat(takes(pairKey(2, "a", "g", "b"), A)).isTrue();
  }

  @Test
  void aSendersOldGenerationIsTakenForAQuarterOfAnHour() {
    ring.follow(ofB("g", 1), START);
    ring.follow(ofB("g2", 1), START.plusSeconds(60));
    ring.follow(ofB("g2", 1), START.plusSeconds(600)); // which does not begin it anew

    assertThat(takes(pairKey(1, "a", "g2", "b"), A)).isTrue();
    ring.refresh(START.plusSeconds(60 + 899));
    assertThat(takes(pairKey(1, "a", "g", "b"), A)).isTrue();
    ring.refresh(START.plusSeconds(60 + 900));
    assertThat(takes(pairKey(1, "a", "g", "b"), A)).isFalse();
    assertThat(takes(pairKey(1, "a", "g2", "b"), A)).isTrue();
  }

  @Test
  void nothingIsTestedUntilTheConfigAsksForIt() {
    ring.follow(ofB("g", 1), START);
    PairSigner signer = towardsA();
    assertThat(signer.isTestDue(0)).isFalse();
    assertThat(ring.with(MESH).senders().isExclusive()).isFalse();

    ring.setSigning(true, Set.of("a"), START);
    assertThat(signer.isTestDue(0)).isTrue();
    assertThat(ring.with(MESH).senders().isExclusive()).isTrue();

    ring.setSigning(false, Set.of(), START);
    assertThat(signer.isTestDue(0)).isFalse();
    assertThat(takes(pairKey(1, "a", "g", "b"), A)).as("taken either way").isTrue();
  }

  @Test
  void aNewMastersKeyIsTestedOnceItMaySign() {
    ring.setSigning(true, Set.of("a"), START);
    ring.follow(ofB("g", 1), START);
    PairSigner signer = towardsA();
    prove(signer);
    assertThat(ring.provenTargets()).isEqualTo(1);

    ring.follow(ofB("g", 1, 2), START);
    assertThat(signer.isTestDue(0)).isFalse();
    ring.refresh(START.plus(Duration.ofMinutes(10)));
    assertThat(signer.isTestDue(0)).isTrue();
    assertThat(signer.isProven()).as("the old one signs meanwhile").isTrue();
  }

  /** A node that was made anew under its name and address does not have the keys of before. */
  @Test
  void whoeverWasNoTargetForAWhileIsTestedAgainBeforeAKeySigns() {
    ring.setSigning(true, Set.of("a"), START);
    ring.follow(ofB("g", 1), START);
    PairSigner signer = towardsA();
    prove(signer);
    assertThat(signer.isProven()).isTrue();

    ring.setSigning(true, Set.of("c"), START);
    assertThat(signer.isTestDue(0)).as("it is not probed").isFalse();
    ring.setSigning(true, Set.of("a", "c"), START);

    assertThat(towardsA()).isSameAs(signer);
    assertThat(signer.isProven()).isFalse();
    assertThat(signer.isTestDue(0)).isTrue();
    prove(signer);
    assertThat(signer.isProven()).isTrue();
  }

  private static void prove(PairSigner signer) {
    ByteBuffer test = ByteBuffer.allocate(LENGTH);
    ProbeWriter.frame(test, LENGTH, 0);
    ProbeWriter.sent(test, 1);
    assertThat(signer.trySignTest(test, 0)).isTrue();
    signer.recordAnswered(signer.verify(test, 0, LENGTH));
  }

  @Test
  void anOlderServersDocumentTakesNobody() {
    ring.follow(ofB("", 1), START);

    assertThat(takes(pairKey(1, "a", "g", "b"), A)).isFalse();
    assertThat(ring.senderKeys()).isZero();
  }
}
