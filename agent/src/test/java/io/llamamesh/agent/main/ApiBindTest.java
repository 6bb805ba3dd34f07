package io.llamamesh.agent.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiBindTest {

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0:5000, 0.0.0.0, 5000",
    ":8100, '', 8100",
    "localhost:1, localhost, 1",
    "'[::1]:5000', ::1, 5000",
    "'[::]:5000', ::, 5000",
    "'', '', 5000",
  })
  void anApiAddressIsReadAsGoReadsIt(String text, String host, int port) {
    assertThat(ApiBind.parse(text)).isEqualTo(new ApiBind(host, port));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]:5000",
        "[host]:5000",
        "::1:5000",
        "[::1:5000",
        "host",
        "host:",
        ":+80",
        ":65536",
        ":\u0665"
      })
  void whatIsNoAddressOrOneOfAllUnaskedIsRefused(String text) {
    assertThatThrownBy(() -> ApiBind.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "must be address:port such as 0.0.0.0:5000, [::1]:5000 or :5000, was '" + text + "'");
  }

  @Test
  void theAddressIsBoundAndAnyMeansAll() throws Exception {
    assertThat(ApiBind.parse("127.0.0.1:1").addresses())
        .isEqualTo(List.of(InetAddress.ofLiteral("127.0.0.1")));
    assertThat(ApiBind.parse("[::1]:1").addresses())
        .isEqualTo(List.of(InetAddress.ofLiteral("::1")));
    for (String all : List.of("0.0.0.0:1", "[::]:1", ":1")) {
      assertThat(ApiBind.parse(all).addresses()).as(all).isEmpty();
    }
    assertThat(ApiBind.parse(null)).isEqualTo(new ApiBind("", 5000));
  }
}
