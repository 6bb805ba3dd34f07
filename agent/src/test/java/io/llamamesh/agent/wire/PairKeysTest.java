package io.llamamesh.agent.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Probes under keys of pairs, as they are on the wire, and when a key begins to sign. */
final class PairKeysTest {
  private static final int LENGTH = 128;
  private static final int ROUNDS = 200;
  private static final long SECOND = 1_000_000_000L;
  private static final Instant NOW = Instant.parse("2026-12-01T00:00:00Z");
  private static final InetSocketAddress TARGET =
      new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 8100);

  private final SplittableRandom random = new SplittableRandom(0x9a1f);
  private final PairSigners signers = new PairSigners();
  private final PairSigner signer = signers.of("b", TARGET);

  private static PairKey key(int seed) {
    byte[] bytes = new byte[PairKey.BYTES];
    new SplittableRandom(seed).nextBytes(bytes);
    return new PairKey(seed, bytes);
  }

  private static ProbeKeys mesh() {
    return ProbeKeys.NONE.with(1, new byte[16], true);
  }

  private ByteBuffer frame(int length) {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    ProbeWriter.frame(bytes, length, random.nextInt(256));
    ProbeWriter.signature(bytes, random.nextInt(), random.nextInt(1 << 24), random.nextInt());
    ProbeWriter.sent(bytes, random.nextLong() >>> 1);
    return bytes;
  }

  private void offer(PairKey... keys) {
    signers.offer(keys.length == 0 ? Map.of() : Map.of("b", List.of(keys)), NOW);
  }

  /** Has the target answer a test. */
  private void prove() {
    ByteBuffer test = frame(LENGTH);
    assertThat(signer.trySignTest(test, 0)).isTrue();
    signer.recordAnswered(signer.verify(test, 0, LENGTH));
    assertThat(signer.isProven()).isTrue();
  }

  @Test
  void aRequestIsFoundByItsNumberAmongThousandsOfSendersAndFromItsSendersAddressesOnly() {
    List<SenderTable.Sender> senders = new ArrayList<>();
    for (int i = 1; i <= 3000; i++) {
      senders.add(new SenderTable.Sender(key(i), new long[] {0, i, 7, i}));
    }
    ProbeKeys reflector = mesh().withPairs(new SenderTable(senders, true), new PairSigners());
    for (int round = 0; round < ROUNDS; round++) {
      int sender = random.nextInt(1, 3001);
      ByteBuffer bytes = frame(LENGTH);
      key(sender).signRequest(bytes, 0, 128 + random.nextInt(128));

      int slot = reflector.verifyRequest(bytes, 0, LENGTH, 7, sender);

      assertThat(slot).isNegative();
      assertThat(reflector.pairNumber(slot)).isEqualTo(sender);
      assertThat(reflector.verifyRequest(bytes, 0, LENGTH, 0, sender)).isEqualTo(slot);
      assertThat(reflector.verifyRequest(bytes, 0, LENGTH, 0, sender + 1)).isZero();
      assertThat(reflector.verifyRequest(bytes, 0, LENGTH, 1, sender)).isZero();
      assertThat(mesh().verifyRequest(bytes, 0, LENGTH, 0, sender)).isZero();
    }
  }

  @Test
  void whateverBitIsChangedInWhatIsSignedTheRequestIsNobodys() {
    ProbeKeys reflector =
        mesh()
            .withPairs(
                new SenderTable(
                    List.of(
                        new SenderTable.Sender(key(5), new long[] {0, 5}),
                        new SenderTable.Sender(key(6), new long[] {0, 5})),
                    true),
                new PairSigners());
    for (int round = 0; round < ROUNDS; round++) {
      ByteBuffer bytes = frame(LENGTH);
      key(5).signRequest(bytes, 0, 128);
      int bit = random.nextInt(8 * ProbeFormat.MIN_DATAGRAM);
      bytes.put(bit / 8, (byte) (bytes.get(bit / 8) ^ (1 << (bit % 8))));

      assertThat(reflector.verifyRequest(bytes, 0, LENGTH, 0, 5)).as("bit %s", bit).isZero();
    }
  }

  /** Another node's keys, and the mesh's, under the number of the pair. */
  @Test
  void otherKeysUnderTheNumberOfAPairAreRefused() {
    ProbeKeys reflector =
        mesh()
            .withPairs(
                new SenderTable(List.of(new SenderTable.Sender(key(5), new long[] {0, 5})), true),
                new PairSigners());
    byte[] other = new byte[16];
    other[3] = 9;
    ByteBuffer bytes = frame(LENGTH);
    new PairKey(5, other).signRequest(bytes, 0, 128);
    assertThat(reflector.verifyRequest(bytes, 0, LENGTH, 0, 5)).isZero();

    mesh().sign(bytes, 0, mesh().signing());
    assertThat(reflector.verifyRequest(bytes, 0, LENGTH, 0, 5)).isZero();

    ProbeWriter.withoutSender(bytes);
    mesh().sign(bytes, 0, mesh().signing());
    assertThat(reflector.verifyRequest(bytes, 0, LENGTH, 0, 5)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {91, 128, 1028, 9000})
  void aRequestByPairIsNoLongerAndWithoutOneNotAByteIsOther(int length) {
    ByteBuffer plain = frame(length);
    ByteBuffer used = ByteBuffer.allocate(length).put(0, plain, 0, length);
    mesh().sign(plain, 0, 1);

    key(3).signRequest(used, 0, 200);
    assertThat(new ProbeParser().tryParse(used, 0, length)).isTrue();
    ProbeWriter.withoutSender(used);
    mesh().withPairs(SenderTable.NONE, signers).sign(used, 0, 1);

    assertThat(used).isEqualTo(plain);
  }

  @Test
  void anAnswerIsOfTheKeyThatItsLabelNames() {
    offer(key(5));
    prove();
    ByteBuffer first = frame(LENGTH);
    assertThat(signer.trySign(first, false)).isTrue();
    int label = signer.verify(first, 0, LENGTH);
    assertThat(label).isBetween(128, 255);
    offer(key(6), key(5));
    prove();

    assertThat(signer.verify(first, 0, LENGTH)).as("in flight").isEqualTo(label);
    for (int other = 0; other < 256; other++) {
      ByteBuffer bytes = frame(LENGTH);
      key(5).signRequest(bytes, 0, other);
      assertThat(signer.verify(bytes, 0, LENGTH)).isEqualTo(other == label ? label : 0);
    }
    ByteBuffer byMesh = frame(LENGTH);
    mesh().sign(byMesh, 0, 1);
    assertThat(signer.verify(byMesh, 0, LENGTH)).isZero();
    assertThat(signer.verify(first, 0, LENGTH - 1)).isZero();
  }

  @Test
  void aKeySignsOnceATestByItIsAnsweredAndNotBefore() {
    ByteBuffer bytes = frame(LENGTH);
    assertThat(signer.isTestDue(0)).isFalse();
    assertThat(signer.trySign(bytes, false)).isFalse();

    offer(key(5));
    assertThat(signer.trySign(bytes, false)).isFalse();
    assertThat(signer.isTestDue(0)).isTrue();
    prove();

    assertThat(signer.trySign(bytes, false)).isTrue();
    assertThat(signer.isTestDue(SECOND)).isFalse();
    assertThat(signers.proven()).isEqualTo(1);
  }

  @Test
  void testsThatNobodyAnswersComeLessAndLessOften() {
    offer(key(5));
    int tests = 0;
    for (long now = 0; now < 600 * SECOND; now += SECOND / 20) {
      if (signer.isTestDue(now)) {
        assertThat(signer.trySignTest(frame(LENGTH), now)).isTrue();
        tests++;
      }
    }
    assertThat(tests).isBetween(90, 100);
  }

  @Test
  void theOldKeySignsUntilTheTargetTakesTheNewOne() {
    offer(key(5));
    prove();
    offer(key(6), key(5));
    ByteBuffer bytes = frame(LENGTH);

    assertThat(signer.trySign(bytes, false)).isTrue();
    assertThat(Slots.sender(bytes, ProbeFormat.AT_SLOTS)).isEqualTo(5);
    prove();
    assertThat(signer.trySign(bytes, false)).isTrue();
    assertThat(Slots.sender(bytes, ProbeFormat.AT_SLOTS)).isEqualTo(6);
  }

  /** A target that comes back may have lost the old one. */
  @Test
  void hellosAskByBothKeysInTurn() {
    offer(key(5));
    prove();
    offer(key(6), key(5));
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      ByteBuffer bytes = frame(LENGTH);
      assertThat(signer.trySign(bytes, true)).isTrue();
      numbers.add(Slots.sender(bytes, ProbeFormat.AT_SLOTS));
    }
    assertThat(numbers).containsExactly(6, 5, 6, 5);
  }

  @Test
  void aKeyThatWasTakenAwaySignsAQuarterOfAnHourAtMost() {
    offer(key(5));
    prove();
    signers.offer(Map.of("b", List.of(key(6))), NOW);
    ByteBuffer bytes = frame(LENGTH);

    signers.offer(Map.of("b", List.of(key(6))), NOW.plus(Duration.ofMinutes(14)));
    assertThat(signer.trySign(bytes, false)).isTrue();
    assertThat(Slots.sender(bytes, ProbeFormat.AT_SLOTS)).isEqualTo(5);

    signers.offer(Map.of("b", List.of(key(6))), NOW.plus(Duration.ofMinutes(15)));
    assertThat(signer.trySign(bytes, false)).isTrue();
    assertThat(Slots.sender(bytes, ProbeFormat.AT_SLOTS)).isEqualTo(6);
  }

  @Test
  void withoutKeysTheMeshsSignsAndAnswersInFlightStillCount() {
    offer(key(5));
    prove();
    ByteBuffer inFlight = frame(LENGTH);
    assertThat(signer.trySign(inFlight, false)).isTrue();

    offer();

    assertThat(signer.trySign(frame(LENGTH), false)).isFalse();
    assertThat(signer.isTestDue(SECOND)).isFalse();
    assertThat(signer.verify(inFlight, 0, LENGTH)).isNotZero();
  }
}
