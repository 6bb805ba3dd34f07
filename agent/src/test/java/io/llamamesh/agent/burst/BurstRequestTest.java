package io.llamamesh.agent.burst;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BurstRequestTest {

  @Test
  void aUsualRequestIsWithinBounds() {
    assertThat(new BurstRequest("a-1", "node-5", 200, Duration.ofSeconds(10), "ann").problem())
        .isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "'';       node-5;  200;  10000; ann; id",
        "a/b;      node-5;  200;  10000; ann; id",
        "a;        '';      200;  10000; ann; target",
        "a;        'x\u001b[2J'; 200; 10000; ann; target",
        "a;        node-5;  0;    10000; ann; pps",
        "a;        node-5;  -1;   10000; ann; pps",
        "a;        node-5;  1001; 10000; ann; pps",
        "a;        node-5;  200;  999;   ann; seconds",
        "a;        node-5;  200;  -5;    ann; seconds",
        "a;        node-5;  200;  60001; ann; seconds",
        "a;        node-5;  200;  9223372036854775807; ann; seconds",
        "a;        node-5;  200;  10000; '';  by",
        "a;        node-5;  200;  10000; 'x\ny'; by"
      })
  void whatIsOutOfBoundsIsRefusedWithTheBound(
      String id, String target, int pps, long millis, String by, String named) {
    BurstRequest request = new BurstRequest(id, target, pps, Duration.ofMillis(millis), by);

    assertThat(request.problem()).startsWith(named + " must ");
  }

  @Test
  void longNamesAreRefused() {
    Duration length = Duration.ofSeconds(1);
    String tooLong = "n".repeat(BurstLimits.MAX_NAME + 1);

    assertThat(new BurstRequest("a", tooLong, 1, length, "ann").problem()).startsWith("target");
    assertThat(new BurstRequest("a", "node-5", 1, length, tooLong).problem()).startsWith("by");
    assertThat(new BurstRequest("a".repeat(41), "node-5", 1, length, "ann").problem())
        .startsWith("id");
  }
}
