package io.llamamesh.registry.directory;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RegistrationReaderTest {
  private static final RegistrySettings SETTINGS = RegistrySettings.DEFAULT;

  private static Registration read(String json) throws RequestRefusedException {
    return RegistrationReader.read(json.getBytes(UTF_8), SETTINGS);
  }

  @Test
  void whatIsLeftOutHasTheDocumentedDefaults() throws Exception {
    Registration registration = read("{\"port\":8100}");
    assertThat(registration.group()).isEqualTo("default");
    assertThat(registration.keepaliveSeconds()).isEqualTo(86_400);
    assertThat(registration.ip()).isNull();
    assertThat(registration.tags()).isEmpty();
    assertThat(registration.document())
        .isEqualTo("{\"group\":\"default\",\"keepalive\":86400,\"port\":8100}");
  }

  @Test
  void tagsOfTheFirstRevisionNeedAVersionOnly() throws Exception {
    assertThat(
            read("{\"port\":8100,\"tags\":{\"version\":\"0.0.1\",\"src_name\":\"las2\"}}").tags())
        .containsEntry("src_name", "las2");
  }

  @Test
  void unknownMembersAreKept() throws Exception {
    assertThat(read("{\"port\":8100,\"extra\":1}").document()).contains("\"extra\":1");
  }

  @Test
  void theAddressThatTheLastProbeForgetsToQuoteIsUnderstood() throws Exception {
    Registration registration =
        read(
            """
            {"port":8100, "keepalive":300, "ip":203.0.113.9, "tags":{"version":"1.1.0"}}\
            """);
    assertThat(registration.ip()).isEqualTo("203.0.113.9");
  }

  @Test
  void aLongAddressWithoutQuotesTakesNoTime() {
    String body = "{\"port\":8100,\"ip\":" + ":".repeat(16_000) + "x}";
    assertTimeoutPreemptively(
        Duration.ofSeconds(5),
        () -> {
          for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> read(body)).hasMessageContaining("no JSON object");
          }
        });
  }

  @Test
  void tagsThatAreNoTextBecomeText() throws Exception {
    Registration registration =
        read("{\"port\":8100,\"tags\":{\"a\":1,\"b\":true,\"c\":{\"d\":[1,2]},\"e\":null}}");
    assertThat(registration.tags())
        .containsExactly(
            java.util.Map.entry("a", "1"),
            java.util.Map.entry("b", "true"),
            java.util.Map.entry("c", "{\"d\":[1,2]}"));
  }

  @Test
  void whatMovesTheCursorOrBreaksALineIsNoPartOfATag() throws Exception {
    Registration registration =
        read("{\"port\":8100,\"tags\":{\"a\":\"x\\n\\u001b[2Jy\\u2028z\\u202e\\ud800\"}}");
    assertThat(registration.tags().get("a")).isEqualTo("x  [2Jy z");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{}|'port' is a required property",
        "{\"port\":null}|'port' is a required property",
        "{\"port\":\"8100\"}|'port' must be a whole number from 1 to 65535",
        "{\"port\":0}|'port' must be a whole number",
        "{\"port\":65536}|'port' must be a whole number",
        "{\"port\":8100.5}|'port' must be a whole number",
        "{\"port\":8100,\"keepalive\":0}|'keepalive' must be seconds above 0",
        "{\"port\":8100,\"keepalive\":-1}|'keepalive' must be seconds above 0",
        "{\"port\":8100,\"keepalive\":1e12}|'keepalive' must be seconds above 0",
        "{\"port\":8100,\"keepalive\":\"60\"}|'keepalive' must be seconds above 0",
        "{\"port\":8100,\"group\":7}|'group' must be a string",
        "{\"port\":8100,\"group\":\"a/b\"}|'group' must have 1 to 64 characters and no '/'",
        "{\"port\":8100,\"group\":\"..\"}|'group' must have 1 to 64 characters",
        "{\"port\":8100,\"group\":\"a\\nb\"}|'group' must have 1 to 64 characters",
        "{\"port\":8100,\"ip\":\"not an ip\"}|'ip' must be an IPv4 or IPv6 address",
        "{\"port\":8100,\"ip\":\"8100\"}|'ip' must be an IPv4 or IPv6 address",
        "{\"port\":8100,\"ip\":\"localhost\"}|'ip' must be an IPv4 or IPv6 address",
        "{\"port\":8100,\"ip\":\"fe80::1%eth0\"}|'ip' must be an IPv4 or IPv6 address",
        "{\"port\":8100,\"ip\":\"1.2.3.4, 5.6.7.8\"}|'ip' must be an IPv4 or IPv6 address",
        "{\"port\":8100,\"tags\":[]}|'tags' must be an object",
        "{\"port\":8100,\"instance\":\"short\"}|'instance' must be 8 to 64",
        "{\"port\":8100,\"push\":\"yes\"}|'push' must be true or false, was yes",
        "[]|the body is no JSON object",
        "null|'port' is a required property",
        "{\"port\":8100|the body is no JSON object",
        "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}|the body is no JSON object",
      })
  void whatIsWrongIsRefusedByItsName(String json, String message) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOfSatisfying(
            RequestRefusedException.class, e -> assertThat(e.status()).isEqualTo(400))
        .hasMessageContaining(message);
  }

  @Test
  void textThatIsNoUtf8IsRefused() {
    byte[] latin = "{\"port\":8100,\"group\":\"Zürich\"}".getBytes(ISO_8859_1);
    assertThatThrownBy(() -> RegistrationReader.read(latin, SETTINGS))
        .hasMessageContaining("not UTF-8");
  }

  @Test
  void tagsAreBounded() {
    StringBuilder many = new StringBuilder("{\"port\":8100,\"tags\":{");
    for (int i = 0; i < 49; i++) {
      many.append(i == 0 ? "" : ",").append("\"t").append(i).append("\":\"v\"");
    }
    assertThatThrownBy(() -> read(many + "}}")).hasMessageContaining("at most 48");
    assertThatThrownBy(() -> read("{\"port\":8100,\"tags\":{\"a\":\"" + "x".repeat(257) + "\"}}"))
        .hasMessageContaining("'tags.a' must have at most 256");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void damagedBodiesAreRefusedOrUnderstoodAndNothingElse(long seed) {
    Random random = new Random(seed);
    byte[] good =
        "{\"port\":8100,\"ip\":\"192.0.2.1\",\"keepalive\":300,\"tags\":{\"version\":\"1\"}}"
            .getBytes(UTF_8);
    int refused = 0;
    for (int round = 0; round < 3_000; round++) {
      byte[] body = good.clone();
      for (int i = 0; i < 1 + random.nextInt(4); i++) {
        body[random.nextInt(body.length)] = (byte) random.nextInt(256);
      }
      try {
        Registration read = RegistrationReader.read(body, SETTINGS);
        assertThat(read.port()).isBetween(1, 65_535);
      } catch (RequestRefusedException e) {
        assertThat(e.status()).isEqualTo(400);
        assertThat(e.text()).doesNotContain("\n", "\u001b");
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(1_000);
  }
}
