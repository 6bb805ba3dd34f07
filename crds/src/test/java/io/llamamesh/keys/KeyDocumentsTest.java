package io.llamamesh.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.auth.KeyRing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents of the server that hands out keys, and what is done with those that are none. */
final class KeyDocumentsTest {
  private static final Instant NOW = Instant.parse("2026-12-01T00:00:00Z");
  private static final byte[] OLD = secret(1);
  private static final byte[] NEW = secret(2);

  @TempDir private Path folder;

  @Test
  void aNodePostsByTheKeyThatSignsAndIsReadByAllThatAreAccepted() throws IOException {
    NodeKeys keys = NodeKeys.parse(keys().toJson());
    Instant later = NOW.plus(Duration.ofMinutes(10));
    Instant muchLater = NOW.plus(Duration.ofHours(25));

    assertThat(keys.postToken(NOW)).isEqualTo(KeyDerivation.postToken(OLD));
    assertThat(keys.postToken(later)).isEqualTo(KeyDerivation.postToken(NEW));
    assertThat(keys.acceptsReader(KeyDerivation.readToken(OLD), later)).isTrue();
    assertThat(keys.acceptsReader(KeyDerivation.readToken(NEW), later)).isTrue();
    assertThat(keys.acceptsReader(KeyDerivation.readToken(OLD), muchLater)).isFalse();
    assertThat(keys.acceptsReader(KeyDerivation.postToken(NEW), later)).isFalse();
    assertThat(keys.acceptsReader("", later)).isFalse();
  }

  @Test
  void noTextOfADocumentShowsAKey() {
    String node = keys().toString();
    String reader =
        new ReaderKeys.NodeTokens("n", List.of(entry(1, OLD, null)), List.of(), false).toString();

    assertThat(node + reader).doesNotContain(Base64.getEncoder().encodeToString(OLD));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{}",
        "{\"mesh\":\"m\",\"node\":\"n\",\"revision\":\"r\",\"keys\":[]}",
        "{\"mesh\":\"m\",\"node\":\"n\",\"revision\":\"r\",\"keys\":[null]}",
        "{\"mesh\":\"m\",\"node\":\"n\",\"revision\":\"r\",\"keys\":[{\"id\":1}]}",
        "{\"mesh\":\"m\",\"node\":\"n\",\"revision\":\"r\","
            + "\"keys\":[{\"id\":1,\"key\":\"*SECRET*\",\"signFrom\":\"2026-01-01T00:00:00Z\"}]}",
        "{\"mesh\":\"m\",\"node\":\"n\",\"revision\":\"r\","
            + "\"keys\":[{\"id\":1,\"key\":\"\",\"signFrom\":\"2026-01-01T00:00:00Z\"}]}",
      })
  void whatIsNoDocumentIsRefusedWithoutQuotingIt(String json) {
    assertThatThrownBy(() -> NodeKeys.parse(json.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(IOException.class)
        .hasMessageNotContaining("SECRET");
    assertThatThrownBy(() -> ReaderKeys.parse(json.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(IOException.class)
        .hasMessageNotContaining("SECRET");
    assertThatThrownBy(() ->
            KeyRequest.parse(json.replace("\"mesh\"", "\"x\"").getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://x:1", "https://", "ftp://x", "x"})
  void tokensAreShownOverTlsOnly(String url) throws IOException {
    Files.writeString(
        folder.resolve(KeyService.FILE),
        "{\"url\":\"" + url + "\",\"authority\":\"a\",\"mesh\":\"m\",\"revision\":\"1\"}");

    assertThatThrownBy(() -> KeyService.read(folder)).isInstanceOf(IOException.class);
  }

  @Test
  void whereKeysAreHandedOutIsReadAsItWasWritten() throws IOException {
    KeyService service = new KeyService("https://x.ns.svc:8443", "PEM", "uid", "1");
    Files.writeString(folder.resolve(KeyService.FILE), service.toJson());

    assertThat(KeyService.read(folder)).isEqualTo(service);
  }

  @Test
  void anEndlessFileIsNotRead() throws IOException {
    Files.writeString(folder.resolve(KeyService.FILE), " ".repeat(70_000));

    assertThatThrownBy(() -> KeyService.read(folder)).hasMessageContaining("longer than");
  }

  private static NodeKeys keys() {
    return new NodeKeys(
        "uid",
        "n",
        "1",
        List.of(
            entry(1, OLD, NOW.plus(Duration.ofHours(24))),
            new KeyRing.Entry(
                2,
                Base64.getEncoder().encodeToString(NEW),
                NOW.plus(Duration.ofMinutes(10)),
                null)),
        new TreeMap<>());
  }

  private static KeyRing.Entry entry(int id, byte[] secret, @Nullable Instant until) {
    return new KeyRing.Entry(
        id, Base64.getEncoder().encodeToString(secret), NOW.minus(Duration.ofDays(1)), until);
  }

  private static byte[] secret(int seed) {
    byte[] bytes = new byte[KeyDerivation.MASTER_BYTES];
    bytes[0] = (byte) seed;
    return bytes;
  }
}
