package io.llamamesh.scraper.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ApiTokenTest {
  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
  private final Path file;

  ApiTokenTest(@TempDir Path folder) {
    file = folder.resolve("token");
  }

  @Test
  void whoShowsTheTokenGetsIn() throws IOException {
    Files.writeString(file, "s3cret\n");
    ApiToken token = ApiToken.open(file, Tokens.NONE, now::get);

    assertThat(token.accepts("Bearer s3cret")).isTrue();
    assertThat(token.accepts("Bearer s3cre")).isFalse();
    assertThat(token.accepts("s3cret")).isFalse();
    assertThat(token.accepts(null)).isFalse();
  }

  @Test
  void eachLineIsATokenButCommentsAreNone() throws IOException {
    Files.writeString(file, "# of the edge\nold\n\n  new  \n");
    ApiToken token = ApiToken.open(file, Tokens.NONE, now::get);

    assertThat(token.accepts("Bearer old")).isTrue();
    assertThat(token.accepts("Bearer new")).isTrue();
    assertThat(token.accepts("Bearer # of the edge")).isFalse();
    assertThat(token.accepts("Bearer old\n\n  new")).isFalse();
  }

  @Test
  void aChangedFileIsReadAgain() throws IOException {
    Files.writeString(file, "old");
    ApiToken token = ApiToken.open(file, Tokens.NONE, now::get);

    Files.writeString(file, "new");
    Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));
    now.set(Instant.EPOCH.plusSeconds(4));

    assertThat(token.accepts("Bearer new")).isTrue();
    assertThat(token.accepts("Bearer old")).isFalse();
  }

  @Test
  void theMeshesOwnTokensGetInToo() throws IOException {
    Files.writeString(file, "s3cret");
    ApiToken token = ApiToken.open(file, new Mesh(), now::get);

    assertThat(token.accepts("Bearer of-the-mesh")).isTrue();
    assertThat(token.accepts("Bearer of-nobody")).isFalse();
  }

  @Test
  void anEmptyFileIsRefused() throws IOException {
    Files.writeString(file, "\n");

    assertThatThrownBy(() -> ApiToken.open(file, Tokens.NONE, now::get))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is empty");
  }

  private static final class Mesh implements Tokens {
    @Override
    public @Nullable String bearer() {
      return null;
    }

    @Override
    public boolean accepts(@Nullable String authorization) {
      return "Bearer of-the-mesh".equals(authorization);
    }
  }
}
