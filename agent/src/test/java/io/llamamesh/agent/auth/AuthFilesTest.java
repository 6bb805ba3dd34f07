package io.llamamesh.agent.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.agent.wire.ProbeWriter;
import io.llamamesh.auth.KeyRing;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthFilesTest {

  private static final String KEY = "AAECAwQFBgcICQoLDA0ODw==";

  @TempDir private Path folder;

  private void write(String keys, String tokens) throws IOException {
    write(folder, keys, tokens);
  }

  private static void write(Path folder, String keys, String tokens) throws IOException {
    Files.writeString(folder.resolve("keys.json"), keys);
    Files.writeString(folder.resolve("tokens.json"), tokens);
  }

  private static String entry(int id, String key, String signFrom, String acceptUntil) {
    return """
    {"id": %d, "key": "%s", "signFrom": "%s"%s}\
    """
        .formatted(
            id,
            key,
            signFrom,
            acceptUntil.isEmpty() ? "" : ", \"acceptUntil\": \"" + acceptUntil + "\"");
  }

  @Test
  void theNewestThatMaySignSignsAndTheExpiredAreNotTaken() throws IOException {
    String past = "2020-01-01T00:00:00Z";
    String future = "2999-01-01T00:00:00Z";
    write(
        "[%s,%s,%s]"
            .formatted(
                entry(3, KEY, past, past), entry(4, KEY, past, future), entry(5, KEY, future, "")),
        "[%s,%s]".formatted(entry(1, "old", past, past), entry(2, "new", past, "")));

    try (AuthFiles files = AuthFiles.open(folder)) {
      assertThat(files.keys().signing()).isEqualTo(4);
      assertThat(files.accepts("new")).isTrue();
      assertThat(files.accepts("old")).isFalse();
      assertThat(files.accepts("")).isFalse();
    }
  }

  @Test
  void aKeyOfTheWrongLengthIsRefusedWithoutBeingQuoted() throws IOException {
    write("[%s]".formatted(entry(1, "c2VjcmV0", "2020-01-01T00:00:00Z", "")), "[]");

    assertThatThrownBy(() -> AuthFiles.open(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("key 1")
        .hasMessageNotContaining("c2VjcmV0");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "{}",
        "[null]",
        "[]",
        "[{\"id\": 0, \"key\": \"x\", \"signFrom\": \"2020-01-01T00:00:00Z\"}]",
        "[{\"id\": 999, \"key\": \"AAECAwQFBgcICQoLDA0ODw==\", \"signFrom\": \"2020-01-01T00:00:00Z\"}]",
        "[{\"id\": 2, \"key\": \"%%%\", \"signFrom\": \"2020-01-01T00:00:00Z\"}]",
        "[{\"id\": 2, \"key\": \"AA==\", \"signFrom\": \"-1000000000-01-01T00:00:00Z\"}]"
      })
  void whateverIsWrittenLaterTheLastGoodKeysStayAndThatIsReported(String broken)
      throws IOException {
    String good = "[%s]".formatted(entry(7, KEY, "2020-01-01T00:00:00Z", ""));
    write(good, "[%s]".formatted(entry(1, "token", "2020-01-01T00:00:00Z", "")));
    try (AuthFiles files = AuthFiles.open(folder)) {
      write(broken, "[]");
      files.refresh(Instant.now());

      assertThat(files.keys().signing()).isEqualTo(7);
      assertThat(files.accepts("token")).isTrue();
      assertThat(files.problem()).isNotBlank();

      write(good, "[%s]".formatted(entry(2, "next", "2020-01-01T00:00:00Z", "")));
      files.refresh(Instant.now());
      assertThat(files.accepts("next")).isTrue();
      assertThat(files.problem()).isNull();
    }
  }

  @Test
  void filesThatAreMissingAreReported() {
    assertThatThrownBy(() -> AuthFiles.open(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("keys.json");
  }

  /** The Secret is made anew, with whatever number; the kubelets are a hundred seconds apart. */
  @ParameterizedTest
  @ValueSource(ints = {7, 8})
  void agentsThatSeeANewSecretAtDifferentTimesAnswerEachOtherThroughout(int id, @TempDir Path far)
      throws IOException {
    Instant start = Instant.parse("2026-11-20T10:00:00Z");
    String first = "[%s]".formatted(entry(7, KEY, "2020-01-01T00:00:00Z", ""));
    String anew =
        "[%s]".formatted(entry(id, "Dw4NDAsKCQgHBgUEAwIBAA==", "2026-11-20T10:00:00Z", ""));
    String token = "[%s]".formatted(entry(1, "token", "2020-01-01T00:00:00Z", ""));
    String tokenAnew = "[%s]".formatted(entry(1, "anew", "2026-11-20T10:00:00Z", ""));
    write(folder, first, token);
    write(far, first, token);
    try (AuthFiles near = AuthFiles.read(folder, start);
        AuthFiles late = AuthFiles.read(far, start)) {
      for (int second = 0; second < 3600; second += 10) {
        if (second == 10) {
          write(folder, anew, tokenAnew);
        }
        if (second == 110) {
          write(far, anew, tokenAnew);
        }
        Instant now = start.plusSeconds(second);
        near.refresh(now);
        late.refresh(now);
        assertThat(isAnswered(near, late)).as("second %d", second).isTrue();
        assertThat(isAnswered(late, near)).as("second %d", second).isTrue();
        assertThat(near.accepts(late.bearer(now), now)).isTrue();
        assertThat(late.accepts(near.bearer(now), now)).isTrue();
      }
      assertThat(near.bearer(start.plusSeconds(3600))).isEqualTo("anew");
      assertThat(near.accepts("token", start.plusSeconds(3600))).isFalse();
    }
  }

  /** As after a rotation, and after the Secret was deleted while an operator ran. */
  @ParameterizedTest
  @CsvSource({"rotated, 24H", "replaced, 30M"})
  void anOldKeyAndTokenAreRefusedOnceTheTimeThatTheGuideNamesIsOver(
      String how, String time, @TempDir Path leaked) throws IOException {
    Instant start = Instant.parse("2026-11-20T10:00:00Z");
    Duration taken = Duration.parse("PT" + time);
    KeyRing keys = KeyRing.first(7, start.minusSeconds(60), id -> KEY);
    KeyRing tokens = KeyRing.first(7, start.minusSeconds(60), id -> "token");
    write(folder, text(keys), text(tokens));
    write(leaked, text(keys), text(tokens));
    try (AuthFiles agent = AuthFiles.read(folder, start);
        AuthFiles thief = AuthFiles.read(leaked, start)) {
      boolean rotated = how.equals("rotated");
      String other = "Dw4NDAsKCQgHBgUEAwIBAA==";
      write(
          folder,
          text(rotated ? keys.rotated(start, id -> other) : keys.replaced(start, id -> other)),
          text(rotated ? tokens.rotated(start, id -> "new") : tokens.replaced(start, id -> "new")));
      // It sees the new files two minutes late.
      agent.refresh(start.plusSeconds(120));

      agent.refresh(start.plus(taken).minusSeconds(1));
      assertThat(isAnswered(thief, agent)).isTrue();
      assertThat(agent.accepts("token", start.plus(taken).minusSeconds(1))).isTrue();

      agent.refresh(start.plus(taken));
      assertThat(isAnswered(thief, agent)).isFalse();
      assertThat(agent.accepts("token", start.plus(taken))).isFalse();
      assertThat(agent.accepts("new", start.plus(taken))).isTrue();
    }
  }

  private static String text(KeyRing ring) {
    return new String(ring.toJson(), StandardCharsets.UTF_8);
  }

  /**
   * As a collector signs, a reflector answers with the key of the probe, and a collector checks.
   */
  private static boolean isAnswered(AuthFiles collector, AuthFiles reflector) {
    ByteBuffer probe = ByteBuffer.allocate(200);
    ProbeWriter.frame(probe, 200, 0);
    ProbeWriter.signature(probe, 1, 2, 3);
    ProbeWriter.sent(probe, 4);
    collector.keys().sign(probe, 0, collector.keys().signing());
    int key = reflector.keys().verify(probe, 0, 200);
    if (key == 0) {
      return false;
    }
    reflector.keys().sign(probe, 0, key);
    return collector.keys().verify(probe, 0, 200) != 0;
  }
}
