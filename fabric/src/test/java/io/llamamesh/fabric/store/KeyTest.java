package io.llamamesh.fabric.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "a/",
        "/a",
        "a//b",
        "a/*",
        "*",
        "a\nb",
        "a/\u001b[2J",
        "\ud800",
        "a\u2028"
      })
  void whatIsNoKeyIsRefused(String text) {
    assertThatThrownBy(() -> new Key(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void keysHaveAtMostEightPartsAndFiveHundredAndTwelveBytes() {
    assertThat(new Key("1/2/3/4/5/6/7/8").parts()).hasSize(8);
    assertThatThrownBy(() -> new Key("1/2/3/4/5/6/7/8/9")).hasMessageContaining("8 parts");
    assertThat(new Key("é".repeat(256)).text()).hasSize(256);
    assertThatThrownBy(() -> new Key("é".repeat(257))).hasMessageContaining("512 bytes");
  }

  @ParameterizedTest
  @CsvSource({
    "node/n1/x, n1, true",
    "node/n1/x/y, n1, true",
    "node/n2/x, n1, false",
    "node/n1, n1, false",
    "node, n1, false",
    "nodes/n2, n1, true",
    "silence/n2, n1, true"
  })
  void aKeyUnderANodesNameIsWrittenByThatNodeOnly(String key, String node, boolean allowed) {
    assertThat(new Key(key).mayBeWrittenBy(node)).isEqualTo(allowed);
  }

  @ParameterizedTest
  @CsvSource({
    "a/*/c, a/b/c, true",
    "a/*/c, a/c, false",
    "a/*/c, a/b/d/c, false",
    "a/*/c, a/b/c/d, false",
    "*, a, true",
    "*, a/b, false",
    "**, a/b/c, true",
    "a/**, a/b/c, true",
    "a/**, a, false",
    "a/b, a/b, true",
    "a/b, a/c, false"
  })
  void aPatternMatchesPartByPart(String pattern, String key, boolean matches) {
    assertThat(KeyPattern.of(pattern).matches(new Key(key))).isEqualTo(matches);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a*", "a/**/b", "***", "a//b", "1/2/3/4/5/6/7/8/9"})
  void whatIsNoPatternIsRefused(String text) {
    assertThatThrownBy(() -> KeyPattern.of(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
