package io.llamamesh.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.auth.ProgramGrants.Grant;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProgramGrantsTest {

  private @TempDir Path folder;

  private static String hash(String token) throws Exception {
    return HexFormat.of()
        .formatHex(
            MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
  }

  private ProgramGrants read(String document) throws IOException {
    return ProgramGrants.read(Files.writeString(folder.resolve("programs.json"), document));
  }

  @Test
  void aTokenOpensItsOwnPrefixesAndNoOthers() throws Exception {
    ProgramGrants grants =
        read(
            """
            [{"name": "vip", "sha256": "%s", "read": ["filter"], "write": ["node/*/vip"],
              "members": true},
             {"name": "other", "sha256": "%s"}]
            """
                .formatted(hash("secret"), hash("another")));
    Grant vip = Objects.requireNonNull(grants.find("secret"));
    assertThat(vip.isWritable("node/n1/vip/192.0.2.1")).isTrue();
    assertThat(vip.isReadable("node/*/vip/*")).isTrue();
    assertThat(vip.isReadable("filter/a")).isTrue();
    assertThat(vip.isWritable("filter/a")).isFalse();
    assertThat(vip.canReadMembers()).isTrue();
    Grant other = Objects.requireNonNull(grants.find("another"));
    assertThat(other.isReadable("filter")).isFalse();
    assertThat(other.canReadMembers()).isFalse();
    assertThat(grants.find("")).isNull();
    assertThat(grants.find("secret ")).isNull();
    assertThat(grants.find(hash("secret"))).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "a, a, true",
    "a, a/b, true",
    "a, ab, false",
    "a/b, a, false",
    "a/b, a/**, false",
    "a, a/**, true",
    "a, **, false",
    "*, **, false",
    "*, a, true",
    "a/*, a, false",
    "a/*, a/**, false",
    "a/*, a/*/c, true",
    "a/b, a/*/c, false",
    "a/b, a/*, false",
    "a/*/c, a/b/c/d, true",
    "a/*/c, a/b/d, false",
    "node/n1, node/*/x, false"
  })
  void aPrefixCoversWhatIsBelowItAndPatternsOfNothingElse(
      String prefix, String pattern, boolean isCovered) throws Exception {
    Grant grant = new Grant("p", hash("secret"), List.of(prefix), null, null);
    assertThat(grant.isReadable(pattern)).isEqualTo(isCovered);
    assertThat(grant.isWritable(pattern)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "[null]",
        "[{}]",
        "[{\"name\": \"a\"}]",
        "[{\"name\": \"a\", \"sha256\": \"secret\"}]",
        "[{\"name\": \"\", \"sha256\": \"HASH\"}]",
        "[{\"name\": \"a\", \"sha256\": \"HASH\", \"reads\": [\"a\"]}]",
        "[{\"name\": \"a\", \"sha256\": \"HASH\", \"read\": [\"\"]}]",
        "[{\"name\": \"a\", \"sha256\": \"HASH\", \"read\": [\"/a\"]}]",
        "[{\"name\": \"a\", \"sha256\": \"HASH\", \"read\": [\"a/**\"]}]",
        "[{\"name\": \"a\", \"sha256\": \"HASH\", \"write\": [\"a*\"]}]",
        "[{\"name\": \"a\", \"sha256\": \"HASH\", \"write\": [null]}]",
        "[{\"name\": \"a\", \"sha256\": \"HASH\"}, {\"name\": \"b\", \"sha256\": \"HASH\"}]",
        // The hash of an empty token.
        "[{\"name\": \"a\", \"sha256\":"
            + " \"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}]",
      })
  void whatIsNoListOfProgramsIsRefused(String document) throws Exception {
    String hash = hash("secret");
    assertThatThrownBy(() -> read(document.replace("HASH", hash)))
        .isInstanceOf(IOException.class)
        .hasMessageNotContaining(hash);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "deadbeefdeadbeef",
        "5c1fdeadbeefdead",
        "[{\"name\": \"a\", \"members\": \"deadbeefdeadbeef\"}]",
        "\"deadbeefdeadbeef\""
      })
  void aTokenThatStandsWhereItShouldNotIsNotQuoted(String document) {
    assertThatThrownBy(() -> read(document))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("must be a JSON list")
        .hasMessageContaining("line 1")
        .hasMessageNotContaining("dead");
  }

  @Test
  void anUnknownFieldIsNamed() throws Exception {
    String document = "[{\"name\": \"a\", \"sha256\": \"" + hash("t") + "\", \"reads\": [\"b\"]}]";

    assertThatThrownBy(() -> read(document)).hasMessageEndingWith("unknown field 'reads'");
  }

  @Test
  void aFileThatIsNotThereHasNoneAndALongOneIsRefused() throws Exception {
    assertThat(ProgramGrants.read(folder.resolve("none"))).isEqualTo(ProgramGrants.NONE);
    assertThatThrownBy(() -> read(" ".repeat((64 << 10) + 1))).hasMessageContaining("65536 bytes");
    String many =
        IntStream.range(0, 65)
            .mapToObj(i -> "{\"name\": \"p\", \"sha256\": \"%064x\"}".formatted(i + 1))
            .collect(Collectors.joining(",", "[", "]"));
    assertThatThrownBy(() -> read(many)).hasMessageContaining("more than 64 programs");
  }
}
