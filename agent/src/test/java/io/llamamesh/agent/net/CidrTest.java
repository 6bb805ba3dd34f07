package io.llamamesh.agent.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CidrTest {

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8,10.255.0.1,11.0.0.1",
    "10.1.2.3/8,10.255.0.1,11.0.0.1",
    "10.0.0.7,10.0.0.7,10.0.0.8",
    "0.0.0.0/0,192.0.2.1,::1",
    "::/0,2001:db8::1,192.0.2.1",
    "fd00::/8,fd12::1,fe80::1"
  })
  void aBlockHoldsItsAddressesAndNoOthers(String block, String inside, String outside) {
    assertThat(Cidr.parse(block).contains(InetAddress.ofLiteral(inside))).isTrue();
    assertThat(Cidr.parse(block).contains(InetAddress.ofLiteral(outside))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/8 ",
        "10.1/16",
        "010.0.0.0/8",
        "::ffff:10.0.0.0/104",
        "::ffff:10.0.0.0/8",
        "fd00::/129",
        "fe80::%1/64",
        "host/8"
      })
  void whatSomeReadOtherwiseIsRefused(String text) {
    assertThatThrownBy(() -> Cidr.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(text + " is no block such as 10.0.0.0/8");
  }
}
