package io.llamamesh.agent.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProbeCodecTest {

  private static final int MUTATIONS = 1_000_000;

  private final ProbeParser parser = new ProbeParser();
  private final RandomGenerator random =
      RandomGeneratorFactory.of("L64X128MixRandom").create(20_261_120L);

  private static byte[] probe(int length, int tos, int nonce, int flow, int sequence, long sent) {
    byte[] bytes = new byte[length];
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    ProbeWriter.frame(buffer, length, tos);
    ProbeWriter.signature(buffer, nonce, flow, sequence);
    ProbeWriter.sent(buffer, sent);
    return bytes;
  }

  @Test
  void theCoarseTimeOfSendingIsTheTimeInUnitsOfAQuarterSecond() {
    for (int round = 0; round < 1000; round++) {
      long sent = random.nextLong(Long.MAX_VALUE);
      byte[] bytes = probe(1028, 0, 1, 2, 3, sent);

      int coarse = ProbeFormat.coarseSent(ByteBuffer.wrap(bytes), 0);

      assertThat(coarse).isEqualTo((int) (sent >>> 28) & 0xfffffff);
    }
    assertThat(ProbeFormat.isSentLater(1, 0xfffffff)).isTrue();
    assertThat(ProbeFormat.isSentLater(0xfffffff, 1)).isFalse();
    assertThat(ProbeFormat.isSentLater(7, 7)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      ints = {0, 1, 62, 63, 64, 65, 66, 100, 188, 189, 190, 191, 192, 193, 194, 195, 1000, 8900})
  void protobufReadsWhatWeWrite(int padding) throws IOException {
    int length = ProbeFormat.datagramBytes(padding);
    byte[] bytes = probe(length, 0xb8, 0x89abcdef, 0xfedcba, 0x123456, 1_795_172_320_123_456_789L);

    UnknownFieldSet message = UnknownFieldSet.parseFrom(bytes);

    ByteString signature = message.getField(1).getLengthDelimitedList().getFirst();
    assertThat(signature.toByteArray())
        .isEqualTo(
            new byte[] {
              (byte) 0x89,
              (byte) 0xab,
              (byte) 0xcd,
              (byte) 0xef,
              (byte) 0xfe,
              (byte) 0xdc,
              (byte) 0xba,
              0x12,
              0x34,
              0x56
            });
    assertThat(message.getField(2).getLengthDelimitedList().getFirst().byteAt(0))
        .isEqualTo((byte) 0xb8);
    assertThat(message.getField(3).getVarintList()).containsExactly(1_795_172_320_123_456_789L);
    assertThat(message.getField(8).getLengthDelimitedList().getFirst().size())
        .isEqualTo(Slots.BYTES);
    assertThat(bytes.length).isGreaterThanOrEqualTo(Math.max(padding, 91));
  }

  @Test
  void aThousandBytesOfPaddingMakeLlamas1028() {
    assertThat(ProbeFormat.datagramBytes(1000)).isEqualTo(1028);
  }

  @Test
  void weReadWhatProtobufWrites() {
    for (int i = 0; i < 20_000; i++) {
      byte[] signature = new byte[10];
      random.nextBytes(signature);
      long sent = random.nextLong();
      int tos = random.nextInt(256);
      UnknownFieldSet.Builder message = UnknownFieldSet.newBuilder();
      message.mergeField(1, bytes(signature));
      message.mergeField(2, bytes(new byte[] {(byte) tos}));
      message.mergeField(3, UnknownFieldSet.Field.newBuilder().addVarint(sent).build());
      message.mergeField(
          4, UnknownFieldSet.Field.newBuilder().addVarint(random.nextLong()).build());
      message.mergeField(7, bytes(new byte[random.nextInt(1200)]));
      message.mergeField(
          9, UnknownFieldSet.Field.newBuilder().addFixed32(random.nextInt()).build());
      message.mergeField(
          10, UnknownFieldSet.Field.newBuilder().addFixed64(random.nextLong()).build());
      ByteBuffer wire = ByteBuffer.wrap(message.build().toByteArray());

      assertThat(parser.tryParse(wire, 0, wire.limit())).isTrue();

      ByteBuffer expected = ByteBuffer.wrap(signature);
      assertThat(parser.nonce(wire)).isEqualTo(expected.getInt(0));
      assertThat(parser.flow(wire)).isEqualTo(expected.getInt(4) >>> 8);
      assertThat(parser.sequence(wire)).isEqualTo(expected.getInt(6) & 0xffffff);
      assertThat(parser.tos(wire)).isEqualTo(tos);
      assertThat(parser.sent(wire)).isEqualTo(sent);
      assertThat(parser.hasSlots()).isFalse();
    }
  }

  private static UnknownFieldSet.Field bytes(byte[] value) {
    return UnknownFieldSet.Field.newBuilder()
        .addLengthDelimited(ByteString.copyFrom(value))
        .build();
  }

  @Test
  void noMutationOfAProbeMakesTheParserThrowOrLookOutsideTheDatagram() {
    byte[] original = probe(200, 0, 1, 2, 3, 4);
    // Behind and before the datagram stands what must never be read: a parser that runs over finds
    // a
    // signature there.
    byte[] room = new byte[600];
    ByteBuffer buffer = ByteBuffer.wrap(room);
    int accepted = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      random.nextBytes(room);
      System.arraycopy(original, 0, room, 200, original.length);
      int length = mutate(room, 200, original.length);
      boolean isProbe = parser.tryParse(buffer, 200, length);
      agrees(buffer, 200, length, isProbe);
      if (isProbe) {
        accepted++;
        assertThat(parser.hasSlots() ? parser.slotsAt() : 200).isBetween(200, 200 + length);
        touchAll(buffer);
      }
    }
    // Most single-bit changes hit values, so the test does reach the code behind the checks.
    assertThat(accepted).isGreaterThan(MUTATIONS / 10);
  }

  /** The fast check and the parser of fields agree. */
  private void agrees(ByteBuffer buffer, int offset, int length, boolean isProbe) {
    ProbeParser thorough = new ProbeParser();
    assertThat(thorough.tryParseFields(buffer, offset, length)).isEqualTo(isProbe);
    if (isProbe) {
      assertThat(parser.nonceAndFlow(buffer)).isEqualTo(thorough.nonceAndFlow(buffer));
      assertThat(parser.sequence(buffer)).isEqualTo(thorough.sequence(buffer));
      assertThat(parser.tos(buffer)).isEqualTo(thorough.tos(buffer));
      assertThat(parser.sent(buffer)).isEqualTo(thorough.sent(buffer));
      assertThat(parser.slotsAt()).isEqualTo(thorough.slotsAt());
    }
  }

  @Test
  void ourFramesOfEveryLengthAreRecognisedAtAGlance() {
    for (int padding = 0; padding < 2000; padding++) {
      byte[] bytes = probe(ProbeFormat.datagramBytes(padding), 0, 1, 2, 3, random.nextLong() >>> 1);
      ByteBuffer buffer = ByteBuffer.wrap(bytes);

      assertThat(OurFrame.matches(buffer, 0, bytes.length)).as("padding %d", padding).isTrue();
      agrees(buffer, 0, bytes.length, parser.tryParse(buffer, 0, bytes.length));
    }
  }

  private int mutate(byte[] room, int offset, int length) {
    switch (random.nextInt(4)) {
      case 0 -> {
        return random.nextInt(length + 1);
      }
      case 1 -> {
        int count = 1 + random.nextInt(8);
        for (int i = 0; i < count; i++) {
          room[offset + random.nextInt(length)] ^= (byte) (1 << random.nextInt(8));
        }
      }
      case 2 -> room[offset + random.nextInt(100)] = (byte) random.nextInt();
      default -> {
        int from = random.nextInt(length);
        for (int i = from; i < Math.min(length, from + random.nextInt(20)); i++) {
          room[offset + i] = (byte) random.nextInt();
        }
      }
    }
    return length;
  }

  private void touchAll(ByteBuffer buffer) {
    int sum =
        parser.nonce(buffer) + parser.flow(buffer) + parser.sequence(buffer) + parser.tos(buffer);
    if (parser.hasSlots()) {
      sum += Slots.direction(buffer, parser.slotsAt()) + Slots.tracked(buffer, parser.slotsAt());
      assertThat(Slots.tracked(buffer, parser.slotsAt())).isBetween(0, 64);
      assertThat(Slots.highest(buffer, parser.slotsAt())).isBetween(0, ProbeFormat.MODULUS - 1);
    }
    assertThat(sum).isNotEqualTo(Integer.MIN_VALUE + 1L);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, -1, 5, 0x7fffff, -0x7fffff})
  void distancesOf24BitNumbersKnowTheEndOfTheCircle(int distance) {
    for (int b : new int[] {0, 1, 0x7fffff, 0xfffffe, 0xffffff}) {
      int a = (b + distance) & 0xffffff;
      assertThat(ProbeFormat.distance(a, b)).isEqualTo(distance);
    }
  }
}
