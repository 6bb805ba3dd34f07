package io.llamamesh.scraper.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class WordsTest {
  @Test
  void aSecretThatIsRepeatedIsHiddenWhereverItIs() {
    Words words = new Words("token", null, "", "a token of length");

    assertThat(words.of("'a token of length' is no token")).isEqualTo("'***' is no ***");
  }

  @Test
  void aSecretIsHiddenBeforeTheTextIsCut() {
    String text = "x".repeat(298) + "secret";

    assertThat(new Words("secret").of(text)).doesNotContain("s").endsWith("…");
  }

  @Test
  void wordsAreOneLine() {
    assertThat(new Words().of(" two\n\tlines\u0000 ")).isEqualTo("two lines");
  }
}
