package io.llamamesh.scraper.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class RedactorTest {
  @Test
  void aSecretThatIsRepeatedIsHiddenWhereverItIs() {
    Redactor words = new Redactor("token", null, "", "a token of length");

    assertThat(words.redact("'a token of length' is no token")).isEqualTo("'***' is no ***");
  }

  @Test
  void aSecretIsHiddenBeforeTheTextIsCut() {
    String text = "x".repeat(298) + "secret";

    assertThat(new Redactor("secret").redact(text)).doesNotContain("s").endsWith("…");
  }

  @Test
  void wordsAreOneLine() {
    assertThat(new Redactor().redact(" two\n\tlines\u0000 ")).isEqualTo("two lines");
  }
}
