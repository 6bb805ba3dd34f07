package io.llamamesh.agent.agentless;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.agentless.IcmpEcho.Reading;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Echo requests, and what may come back of them. */
class IcmpEchoTest {

  private static final int IDENTIFIER = 0xbeef;
  private static final long NONCE = 0x1234_5678_9abc_def0L;
  private static final long NUMBER = 70_001; // more than a sequence holds

  private static ByteBuffer request(boolean v6) {
    ByteBuffer bytes = ByteBuffer.allocate(256);
    IcmpEcho.request(bytes, v6, NONCE, NUMBER);
    return bytes;
  }

  /** The request as its host sends it back, with what the kernels write. */
  private static ByteBuffer reply(boolean v6) {
    ByteBuffer bytes = request(v6);
    bytes.put(0, (byte) (v6 ? 129 : 0));
    bytes.putShort(4, (short) IDENTIFIER);
    return bytes;
  }

  private static Reading read(ByteBuffer bytes, int length, boolean v6) {
    return IcmpEcho.read(bytes, 0, length, v6, IDENTIFIER);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRequestHasTypeCodeSequenceNonceAndNumberWhereTheyBelong(boolean v6) {
    ByteBuffer bytes = request(v6);

    assertThat(bytes.get(0) & 0xff).isEqualTo(v6 ? 128 : 8);
    assertThat(bytes.get(1)).isZero();
    assertThat(bytes.getShort(6) & 0xffff).isEqualTo(70_001 - 65_536);
    assertThat(bytes.getLong(8)).isEqualTo(NONCE);
    assertThat(bytes.getLong(16)).isEqualTo(NUMBER);
    assertThat(bytes.get(63)).isEqualTo((byte) 63);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aReplyIsReadWithTheNonceAndNumberOfItsRequest(boolean v6) {
    ByteBuffer bytes = reply(v6);

    assertThat(read(bytes, IcmpEcho.BYTES, v6)).isEqualTo(Reading.WHOLE);
    assertThat(IcmpEcho.nonce(bytes, 0)).isEqualTo(NONCE);
    assertThat(IcmpEcho.number(bytes, 0)).isEqualTo(NUMBER);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRequestIsNoReply(boolean v6) {
    ByteBuffer bytes = reply(v6);
    bytes.put(0, (byte) (v6 ? 128 : 8));

    assertThat(read(bytes, IcmpEcho.BYTES, v6)).isEqualTo(Reading.FOREIGN);
    assertThat(read(reply(v6), IcmpEcho.BYTES, !v6)).isEqualTo(Reading.FOREIGN);
  }

  @Test
  void whatIsOfAnotherIdentifierCodeOrSequenceIsForeign() {
    ByteBuffer identifier = reply(false);
    identifier.putShort(4, (short) (IDENTIFIER + 1));
    ByteBuffer code = reply(false);
    code.put(1, (byte) 1);
    ByteBuffer sequence = reply(false);
    sequence.putShort(6, (short) 7);

    assertThat(read(identifier, IcmpEcho.BYTES, false)).isEqualTo(Reading.FOREIGN);
    assertThat(read(code, IcmpEcho.BYTES, false)).isEqualTo(Reading.FOREIGN);
    assertThat(read(sequence, IcmpEcho.BYTES, false)).isEqualTo(Reading.FOREIGN);
  }

  @Test
  void whatIsTooShortToNameAProbeIsForeign() {
    for (int length = 0; length < 24; length++) {
      assertThat(read(reply(true), length, true)).as("%s bytes", length).isEqualTo(Reading.FOREIGN);
    }
  }

  @Test
  void whatNamesAProbeAndIsCutLengthenedOrChangedIsDamaged() {
    ByteBuffer changed = reply(false);
    changed.put(40, (byte) 0);

    assertThat(read(reply(false), 24, false)).isEqualTo(Reading.DAMAGED);
    assertThat(read(reply(false), IcmpEcho.BYTES - 1, false)).isEqualTo(Reading.DAMAGED);
    assertThat(read(reply(false), IcmpEcho.BYTES + 1, false)).isEqualTo(Reading.DAMAGED);
    assertThat(read(changed, IcmpEcho.BYTES, false)).isEqualTo(Reading.DAMAGED);
  }

  @Test
  void noiseIsForeignAndFailsNothing() {
    RandomGenerator random = new Random(7);
    byte[] noise = new byte[256];
    for (int i = 0; i < 20_000; i++) {
      random.nextBytes(noise);
      ByteBuffer bytes = ByteBuffer.wrap(noise);
      assertThat(read(bytes, random.nextInt(129), random.nextBoolean())).isEqualTo(Reading.FOREIGN);
    }
  }

  @Test
  void anErrorNamesTheSequenceThatItQuotesAndElseNone() {
    ByteBuffer quote = request(false);
    quote.putShort(4, (short) IDENTIFIER);

    assertThat(IcmpEcho.quotedSequence(quote, 0, 8, false, IDENTIFIER)).isEqualTo(4_465);
    assertThat(IcmpEcho.quotedSequence(quote, 0, 7, false, IDENTIFIER)).isEqualTo(-1);
    assertThat(IcmpEcho.quotedSequence(quote, 0, 8, true, IDENTIFIER)).isEqualTo(-1);
    assertThat(IcmpEcho.quotedSequence(quote, 0, 8, false, IDENTIFIER - 1)).isEqualTo(-1);
  }
}
