package io.llamamesh.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.http.QueryString.Repeated;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class QueryStringTest {
  private static Map<String, String> all(String raw, Repeated repeated) {
    return QueryString.parse(raw, 0, repeated, QueryString::decoded);
  }

  @Test
  void namesAndValuesAreDecoded() {
    assertThat(all("a%3D=b%26c&d+e=f+g&h", Repeated.LAST))
        .isEqualTo(Map.of("a=", "b&c", "d e", "f g", "h", ""));
    assertThat(all(null, Repeated.LAST)).isEmpty();
    assertThat(all("", Repeated.LAST)).isEmpty();
  }

  @Test
  void ofARepeatedParameterTheOneThatIsAskedForCounts() {
    assertThat(all("a=1&a=2", Repeated.FIRST)).isEqualTo(Map.of("a", "1"));
    assertThat(all("a=1&a=2", Repeated.LAST)).isEqualTo(Map.of("a", "2"));
  }

  @Test
  void beyondTheBoundAllIsPartOfTheLast() {
    assertThat(QueryString.parse("a=1&b=2&c=3", 2, Repeated.FIRST, QueryString::decoded))
        .isEqualTo(Map.of("a", "1", "b", "2&c=3"));
  }

  @Test
  void aBrokenEscapeIsRefused() {
    assertThatThrownBy(() -> all("a=%zz", Repeated.LAST))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
