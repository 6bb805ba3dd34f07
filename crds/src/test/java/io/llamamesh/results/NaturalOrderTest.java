package io.llamamesh.results;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class NaturalOrderTest {
  @Test
  void numbersInNamesCountByTheirValue() {
    assertThat(
            Stream.of("node-10", "node-2", "node", "10.0.0.10", "10.0.0.9", "node-2a")
                .sorted(new NaturalOrder()))
        .containsExactly("10.0.0.9", "10.0.0.10", "node", "node-2", "node-2a", "node-10");
  }

  @ParameterizedTest
  @CsvSource({
    "node-2, node-10, -1",
    "node-02, node-2, -1",
    "a1b2, a1b10, -1",
    "1, a, -1",
    "99999999999999999999, 100000000000000000000, -1",
    "same, same, 0"
  })
  void namesThatDifferAreNeverEqual(String a, String b, int order) {
    assertThat(Integer.signum(new NaturalOrder().compare(a, b))).isEqualTo(order);
    assertThat(Integer.signum(new NaturalOrder().compare(b, a))).isEqualTo(-order);
  }
}
