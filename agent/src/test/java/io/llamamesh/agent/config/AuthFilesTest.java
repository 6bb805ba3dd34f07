package io.llamamesh.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuthFilesTest {

  private static final String KEY = "AAECAwQFBgcICQoLDA0ODw==";

  @TempDir private Path folder;

  private void write(String keys, String tokens) throws IOException {
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
  void whateverIsWrittenLaterTheLastGoodKeysStayAndThatIsTold(String broken) throws IOException {
    String good = "[%s]".formatted(entry(7, KEY, "2020-01-01T00:00:00Z", ""));
    write(good, "[%s]".formatted(entry(1, "token", "2020-01-01T00:00:00Z", "")));
    try (AuthFiles files = AuthFiles.open(folder)) {
      write(broken, "[]");
      files.look(Instant.now());

      assertThat(files.keys().signing()).isEqualTo(7);
      assertThat(files.accepts("token")).isTrue();
      assertThat(files.complaint()).isNotBlank();

      write(good, "[%s]".formatted(entry(2, "next", "2020-01-01T00:00:00Z", "")));
      files.look(Instant.now());
      assertThat(files.accepts("next")).isTrue();
      assertThat(files.complaint()).isNull();
    }
  }

  @Test
  void filesThatAreMissingAreTold() {
    assertThatThrownBy(() -> AuthFiles.open(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("keys.json");
  }
}
