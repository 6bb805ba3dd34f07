package io.llamamesh.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class BearerTokenTest {

  @ParameterizedTest
  @CsvSource({"Bearer abc", "bearer abc", "BEARER abc", "bEaReR   abc", "'Bearer abc '"})
  void theSchemesCaseDoesNotMatter(String field) {
    assertThat(BearerToken.of(field)).isEqualTo("abc");
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        "Bearer",
        "Bearer ",
        "Bearer   ",
        "Bearerabc",
        "Basic abc",
        "abc",
        " Bearer abc"
      })
  void whateverElseIsNoToken(@Nullable String field) {
    assertThat(BearerToken.of(field)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ABC", "aBc"})
  void theTokensCaseMatters(String token) {
    assertThat(BearerToken.of("Bearer " + token)).isEqualTo(token);
  }
}
