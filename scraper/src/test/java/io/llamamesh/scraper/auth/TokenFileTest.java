package io.llamamesh.scraper.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TokenFileTest {
  private static final Instant START = Instant.parse("2026-11-20T10:00:00Z");

  @TempDir private Path folder;
  private Instant now = START;
  private int written;

  @BeforeEach
  void oneToken() throws IOException {
    write(
        """
        [{"id":1,"key":"first","signFrom":"2026-11-20T09:00:00Z"}]
        """);
  }

  @Test
  void theTokenIsShownAndTakenAndNoOther() throws IOException {
    Tokens tokens = open();

    assertThat(tokens.bearer()).isEqualTo("first");
    assertThat(tokens.accepts("Bearer first")).isTrue();
    assertThat(tokens.accepts("Bearer second")).isFalse();
    assertThat(tokens.accepts("Bearer ")).isFalse();
    assertThat(tokens.accepts("first")).isFalse();
    assertThat(tokens.accepts(null)).isFalse();
  }

  @Test
  void aRotationIsFollowedAndTheNewTokenIsShownFromItsTimeOn() throws IOException {
    Tokens tokens = open();
    write(
        """
        [{"id":1,"key":"first","signFrom":"2026-11-20T09:00:00Z","acceptUntil":"2026-11-21T10:00:00Z"},
         {"id":2,"key":"second","signFrom":"2026-11-20T10:10:00Z"}]
        """);

    now = START.plusSeconds(2);
    assertThat(tokens.accepts("Bearer second")).isFalse();
    now = START.plusSeconds(3);
    assertThat(tokens.accepts("Bearer second")).isTrue();
    assertThat(tokens.bearer()).isEqualTo("first");
    // Ten minutes after it was seen, and not before its time.
    now = START.plusSeconds(603);
    assertThat(tokens.bearer()).isEqualTo("second");
    assertThat(tokens.accepts("Bearer first")).isTrue();
    now = START.plusSeconds(24 * 3600);
    assertThat(tokens.accepts("Bearer first")).isFalse();
  }

  @Test
  void whatCannotBeReadLeavesTheLastTokensAndIsReadOnceItCan() throws IOException {
    Tokens tokens = open();
    write("[{");
    now = START.plusSeconds(10);
    assertThat(tokens.bearer()).isEqualTo("first");
    Files.delete(folder.resolve("tokens.json"));
    now = START.plusSeconds(20);
    assertThat(tokens.bearer()).isEqualTo("first");
    write(
        """
        [{"id":2,"key":"second","signFrom":"2026-11-20T09:00:00Z"}]
        """);
    now = START.plusSeconds(30);

    assertThat(tokens.accepts("Bearer second")).isTrue();
  }

  @Test
  void aTokenThatIsGoneFromTheFileIsShownUntilAllHaveTheNewOneAndTakenForHalfAnHour()
      throws IOException {
    Tokens tokens = open();
    write(
        """
        [{"id":1,"key":"anew","signFrom":"2026-11-20T10:00:00Z"}]
        """);

    now = START.plusSeconds(3);
    assertThat(tokens.bearer()).isEqualTo("first");
    assertThat(tokens.accepts("Bearer anew")).isTrue();
    now = START.plusSeconds(602);
    assertThat(tokens.bearer()).isEqualTo("first");
    now = START.plusSeconds(603);
    assertThat(tokens.bearer()).isEqualTo("anew");
    now = START.plusSeconds(1802);
    assertThat(tokens.accepts("Bearer first")).isTrue();
    now = START.plusSeconds(1803);
    assertThat(tokens.accepts("Bearer first")).isFalse();
  }

  @Test
  void aFolderWithoutAUsableTokenIsRefusedAtTheStart() throws IOException {
    write(
        """
        [{"id":1,"key":"first","signFrom":"2026-11-20T08:00:00Z","acceptUntil":"2026-11-20T09:00:00Z"}]
        """);

    assertThatThrownBy(this::open)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no token that may be used now")
        .hasMessageNotContaining("first");
  }

  private Tokens open() throws IOException {
    return TokenFile.open(folder, () -> now);
  }

  private void write(String document) throws IOException {
    Path file = folder.resolve("tokens.json");
    Files.writeString(file, document);
    // Two writes within one tick of the file system's clock would look like one.
    Files.setLastModifiedTime(file, FileTime.from(START.plusSeconds(written++)));
  }
}
