package io.llamamesh.agent.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Datagrams of real programs are parsed, and ours equal those that they answered. */
class ForeignDatagramsTest {

  private static final int NONCE = 0x89abcdef;
  private static final int FLOW = 0xfedcba;
  private static final int SEQUENCE = 0x123456;
  private static final long SENT = 1_795_172_320_123_456_789L;

  private final ProbeParser parser = new ProbeParser();

  private ByteBuffer parsed(String name) {
    ByteBuffer bytes = ByteBuffer.wrap(ForeignDatagrams.named(name));
    assertThat(parser.tryParse(bytes, 0, bytes.limit())).as(name).isTrue();
    return bytes;
  }

  @ParameterizedTest
  @CsvSource({
    "llama-probe-tos00, 0x00, 445abab257ebe9dc8ad0",
    "llama-probe-tosb8, 0xb8, 4e208e4f31c167eaa58f",
    "udprobe-probe-tos00, 0x00, 469d9427bc22b6173d44",
    "udprobe-probe-tosb8, 0xb8, 4a74ac2f2c144f5354a4",
  })
  void aForeignProbeIsReadWhateverFormItsTosHas(String name, String tos, String signature) {
    ByteBuffer bytes = parsed(name);

    assertThat(parser.tos(bytes)).isEqualTo(Integer.decode(tos));
    assertThat(
            String.format(
                "%08x%06x%06x", parser.nonce(bytes), parser.flow(bytes), parser.sequence(bytes)))
        .isEqualTo(signature);
    // Recorded on 2026-11-30.
    assertThat(parser.sent(bytes))
        .isBetween(1_796_000_000_000_000_000L, 1_796_100_000_000_000_000L);
    assertThat(parser.hasSlots()).isFalse();
    assertThat(parser.padding()).isEqualTo(1000);
  }

  @ParameterizedTest
  @CsvSource({
    "ours-91, 91, 0",
    "ours-200-tosb8, 200, 0xb8",
    "ours-1028, 1028, 0",
    "ours-1028-tosb8, 1028, 0xb8"
  })
  void theReflectorsWereAskedWithWhatWeWrite(String name, int length, String tos) {
    assertThat(ours(length, Integer.decode(tos)).array()).isEqualTo(ForeignDatagrams.named(name));
  }

  @Test
  void aTosAsNumberTakesThePlaceOfTheByte() {
    ByteBuffer bytes = ours(1028, 0xb8);

    ProbeWriter.tosAsNumber(bytes, 0xb8);

    assertThat(bytes).isEqualTo(ByteBuffer.wrap(ForeignDatagrams.named("ours-1028-number-tosb8")));
    assertThat(parser.tryParse(bytes, 0, bytes.limit())).isTrue();
    assertThat(parser.tos(bytes)).isEqualTo(0xb8);
    assertThat(parser.hasSlots()).isTrue();
  }

  private static ByteBuffer ours(int length, int tos) {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    ProbeWriter.frame(bytes, length, tos);
    ProbeWriter.signature(bytes, NONCE, FLOW, SEQUENCE);
    ProbeWriter.sent(bytes, SENT);
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(strings = {"ours-91", "ours-200-tosb8", "ours-1028", "ours-1028-tosb8"})
  void llamasReflectorAnswersByteForByte(String probe) {
    assertThat(ForeignDatagrams.named("llama-reply-to-" + probe))
        .isEqualTo(ForeignDatagrams.named(probe));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ours-91",
        "ours-200-tosb8",
        "ours-1028",
        "ours-1028-tosb8",
        "ours-1028-number-tosb8"
      })
  void whatUdprobesReflectorWroteAnewHasOurSignatureTosTimeSlotsAndPadding(String probe) {
    byte[] sent = ForeignDatagrams.named(probe);
    ByteBuffer asked = ByteBuffer.wrap(sent);
    ByteBuffer bytes = parsed("udprobe-reply-to-" + probe);

    assertThat(bytes.limit()).isEqualTo(sent.length + 10);
    assertThat(parser.isForeignFrame()).isTrue();
    assertThat(parser.hasReceived()).isTrue();
    assertThat(parser.padding()).isEqualTo(ProbeFormat.paddingBytes(sent.length));
    assertThat(parser.nonce(bytes)).isEqualTo(NONCE);
    assertThat(parser.flow(bytes)).isEqualTo(FLOW);
    assertThat(parser.sequence(bytes)).isEqualTo(SEQUENCE);
    assertThat(parser.sent(bytes)).isEqualTo(SENT);
    assertThat(parser.isTosNumber()).isEqualTo(probe.contains("number"));
    assertThat(parser.hasSlots()).isTrue();
    assertThat(Slots.direction(bytes, parser.slotsAt())).isEqualTo(Slots.REQUEST);
    int tos = parser.tos(bytes);
    assertThat(parser.tryParse(asked, 0, sent.length)).isTrue();
    assertThat(tos).isEqualTo(parser.tos(asked));
  }

  @Test
  void thePaddingOfEachLengthIsWhatWeWriteIntoIt() {
    for (int payload = 0; payload < 2000; payload++) {
      int length = ProbeFormat.datagramBytes(payload);
      ByteBuffer bytes = ours(length, 0);

      assertThat(parser.tryParseFields(bytes, 0, length)).isTrue();

      assertThat(parser.padding()).isEqualTo(ProbeFormat.paddingBytes(length));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 127, 128, 184, 255, 256, 0x1b8})
  void aTosNumberMeansItsLowEightBitsAndTheLastFormWins(int number) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeByteArray(1, new byte[10]);
    out.writeByteArray(2, new byte[] {3});
    out.writeUInt32(2, number);
    out.flush();
    ByteBuffer wire = ByteBuffer.wrap(bytes.toByteArray());
    assertThat(parser.tryParse(wire, 0, wire.limit())).isTrue();
    assertThat(parser.tos(wire)).isEqualTo(number & 0xff);

    out.writeByteArray(2, new byte[] {5});
    out.flush();
    wire = ByteBuffer.wrap(bytes.toByteArray());
    assertThat(parser.tryParse(wire, 0, wire.limit())).isTrue();
    assertThat(parser.tos(wire)).isEqualTo(5);
  }

  @Test
  void ourProbeInThePythonLlamasShapeIsOneAndIsFoundAgain() {
    ByteBuffer bytes = ByteBuffer.allocate(LegacyProbe.BYTES);
    LegacyProbe.frame(bytes, 0xb8);
    LegacyProbe.probe(bytes, NONCE, FLOW, SEQUENCE, SENT);
    byte[] python = ForeignDatagrams.named("python-probe-tosb8");

    // The signature and the ToS, and no loss.
    assertThat(Arrays.copyOf(bytes.array(), 11)).isEqualTo(Arrays.copyOf(python, 11));
    assertThat(bytes.get(LegacyProbe.BYTES - 1)).isZero();
    assertThat(millis(bytes.array())).isEqualTo(SENT / 1e6);
    // Recorded on 2026-11-30.
    assertThat(millis(python)).isBetween(1.7960e12, 1.7961e12);
    assertThat(parser.tryParseLegacy(bytes, 0, LegacyProbe.BYTES)).isTrue();
    assertThat(parser.nonce(bytes)).isEqualTo(NONCE);
    assertThat(parser.flow(bytes)).isEqualTo(FLOW);
    assertThat(parser.sequence(bytes)).isEqualTo(SEQUENCE);
    assertThat(parser.tos(bytes)).isEqualTo(0xb8);
    assertThat(parser.hasSlots()).isFalse();
  }

  private static double millis(byte[] legacy) {
    return ByteBuffer.wrap(legacy).order(java.nio.ByteOrder.LITTLE_ENDIAN).getDouble(11);
  }
}
