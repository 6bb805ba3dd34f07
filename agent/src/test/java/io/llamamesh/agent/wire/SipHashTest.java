package io.llamamesh.agent.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SipHashTest {

  private static final long K0 = 0x0706050403020100L;
  private static final long K1 = 0x0f0e0d0c0b0a0908L;

  /** From the reference implementation: key 00 … 0f, message 00, 01, … of the given length. */
  @ParameterizedTest
  @CsvSource({
    "0, 310e0edd47db6f72",
    "1, fd67dc93c539f874",
    "2, 5a4fa9d909806c0d",
    "3, 2d7efbd796666785",
    "4, b7877127e09427cf",
    "5, 8da699cd64557618",
    "6, cee3fe586e46c9cb",
    "7, 37d1018bf50002ab",
    "8, 6224939a79f5f593",
    "9, b0e4a90bdf82009e",
    "10, f3b9dd94c5bb5d7a",
    "11, a7ad6b22462fb3f4",
    "12, fbe50e86bc8f1e75",
    "13, 903d84c02756ea14",
    "14, eef27a8e90ca23f7",
    "15, e545be4961ca29a1"
  })
  void thePublishedVectorsComeOut(int length, String expected) {
    ByteBuffer message = ByteBuffer.allocate(40);
    for (int i = 0; i < length; i++) {
      message.put(3 + i, (byte) i);
    }

    long hash = SipHash.hash(K0, K1, message, 3, length);

    ByteBuffer bytes = ByteBuffer.allocate(8).putLong(Long.reverseBytes(hash));
    assertThat(HexFormat.of().formatHex(bytes.array())).isEqualTo(expected);
  }

  @Test
  void anyChangeOfAKeyedProbeIsNoticed() {
    byte[] key = HexFormat.of().parseHex("000102030405060708090a0b0c0d0e0f");
    ProbeKeys keys = ProbeKeys.NONE.with(7, key, true);
    ByteBuffer probe = ByteBuffer.allocate(200);
    ProbeWriter.frame(probe, 200, 0);
    ProbeWriter.signature(probe, 1, 2, 3);
    ProbeWriter.sent(probe, 4);
    keys.sign(probe, 0, keys.signing());
    assertThat(keys.verify(probe, 0, 200)).isEqualTo(7);

    int end = ProbeFormat.MIN_DATAGRAM;
    for (int at = 0; at < end; at++) {
      for (int bit = 0; bit < 8; bit++) {
        probe.put(at, (byte) (probe.get(at) ^ 1 << bit));
        assertThat(keys.verify(probe, 0, 200)).as("byte %d bit %d", at, bit).isZero();
        probe.put(at, (byte) (probe.get(at) ^ 1 << bit));
      }
    }
  }

  @Test
  void keysOfOneNumberAreToldApartAndAnswersCarryTheKeyOfTheirProbe() {
    byte[] other = HexFormat.of().parseHex("000102030405060708090a0b0c0d0e0f");
    ProbeKeys one = ProbeKeys.NONE.with(7, new byte[16], true);
    ProbeKeys another = ProbeKeys.NONE.with(7, other, true);
    ProbeKeys both = one.with(7, other, false);
    for (ProbeKeys sender : List.of(one, another)) {
      ByteBuffer probe = ByteBuffer.allocate(200);
      ProbeWriter.frame(probe, 200, 0);
      ProbeWriter.signature(probe, 1, 2, 3);
      ProbeWriter.sent(probe, 4);
      sender.sign(probe, 0, sender.signing());

      int slot = both.verify(probe, 0, 200);
      assertThat(slot % ProbeKeys.LIMIT).isEqualTo(7);
      both.sign(probe, 0, slot);

      assertThat(sender.verify(probe, 0, 200)).isEqualTo(7);
      assertThat((sender == one ? another : one).verify(probe, 0, 200)).isZero();
    }
  }

  @Test
  void aSealedProbeWithAFieldOnceMoreBehindIsNotBelieved() {
    ProbeKeys keys = ProbeKeys.NONE.with(7, new byte[16], true);
    ProbeParser parser = new ProbeParser();
    for (boolean slots : new boolean[] {true, false}) {
      ByteBuffer probe = ByteBuffer.allocate(200);
      ProbeWriter.frame(probe, 200, 0);
      ProbeWriter.signature(probe, 1, 2, 3);
      ProbeWriter.sent(probe, 4);
      keys.sign(probe, 0, keys.signing());

      // The padding gives way to a second field of slots or signature, and a shorter padding.
      int at = ProbeFormat.MIN_DATAGRAM;
      int bytes = slots ? Slots.BYTES : ProbeFormat.SIGNATURE_BYTES;
      probe.put(at, (byte) (slots ? ProbeFormat.TAG_SLOTS : ProbeFormat.TAG_SIGNATURE));
      probe.put(at + 1, (byte) bytes);
      if (slots) {
        Slots.request(probe, at + 2, 0);
        Slots.reply(probe, at + 2, Slots.FLAG_DRAINING, 0);
      }
      int rest = at + 2 + bytes;
      probe.put(rest, (byte) ProbeFormat.TAG_PADDING);
      probe.put(rest + 1, (byte) (200 - rest - 2));

      assertThat(parser.tryParse(probe, 0, 200)).as("well-formed all the same").isTrue();
      assertThat(keys.verify(probe, 0, 200)).isZero();
    }
  }
}
