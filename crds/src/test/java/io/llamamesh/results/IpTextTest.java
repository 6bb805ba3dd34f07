package io.llamamesh.results;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IpTextTest {

  /** Sections 4 and 5 of RFC 5952. */
  @ParameterizedTest
  @CsvSource({
    "0:0:0:0:0:0:0:1, ::1",
    "0:0:0:0:0:0:0:0, ::",
    "2001:0db8::0001, 2001:db8::1",
    "2001:db8:0:0:0:0:2:1, 2001:db8::2:1",
    "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
    "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
    "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
    "2001:DB8:AAAA::, 2001:db8:aaaa::",
    "::ffff:192.0.2.1, 192.0.2.1",
    "FE80:0::1%eth0, fe80::1%eth0",
    "192.0.2.1, 192.0.2.1",
    "not:an:address, not:an:address",
  })
  void oneAddressHasOneText(String written, String canonical) {
    assertThat(IpText.canonical(written)).isEqualTo(canonical);
  }

  @Test
  void theTextIsThatAddressAndTheShortestThereIs() throws Exception {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(5952);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[16];
      for (int at = 0; at < 16; at += 2) {
        if (random.nextInt(3) > 0) {
          bytes[at] = (byte) (random.nextBoolean() ? 0 : random.nextInt(256));
          bytes[at + 1] = (byte) random.nextInt(256);
        }
      }
      InetAddress address = InetAddress.getByAddress(bytes);

      String text = IpText.of(address);

      assertThat(InetAddress.ofLiteral(text)).isEqualTo(address);
      assertThat(text).matches("[0-9a-f:.]+").doesNotMatch("(?=.*::).*:0(:0){7}.*");
      assertThat(text.length()).isLessThanOrEqualTo(address.getHostAddress().length());
      assertThat(IpText.canonical(address.getHostAddress())).isEqualTo(text);
    }
  }
}
