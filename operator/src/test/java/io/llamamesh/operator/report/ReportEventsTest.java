package io.llamamesh.operator.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ReportEventsTest {
  private final List<String> events = new ArrayList<>();
  private final ReportEvents parser =
      new ReportEvents(100, data -> events.add(new String(data, StandardCharsets.UTF_8)));

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r"})
  void eachEventsDataIsHandedOnHoweverItsBytesArrive(String end) throws IOException {
    String stream =
        String.join(end, ": comment", "data: {\"a\":1}", "", "event: x", "data:é", "id: 7", "", "")
            + String.join(end, "data: one", "data:  two", "", ":", "", "data", "", "data: open");
    byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
    for (int run = 0; run < 50; run++) {
      events.clear();
      ReportEvents fresh =
          new ReportEvents(100, data -> events.add(new String(data, StandardCharsets.UTF_8)));
      for (int at = 0; at < bytes.length; ) {
        int length = Math.min(bytes.length - at, random.nextInt(1, 9));
        fresh.feed(ByteBuffer.wrap(bytes, at, length));
        at += length;
      }
      assertThat(events).containsExactly("{\"a\":1}", "é", "one\n two");
    }
  }

  @Test
  void anEventOrALineThatIsTooLongIsRefused() {
    assertThatThrownBy(() -> feed("data: " + "x".repeat(200)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("longer than 100 bytes");
    ReportEvents other = new ReportEvents(100, data -> {});
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 20; i++) {
                other.feed(ByteBuffer.wrap("data: 1234567890\n".getBytes(StandardCharsets.UTF_8)));
              }
            })
        .isInstanceOf(IOException.class);
  }

  @Test
  void manyShortEventsAreNeverTooLong() throws IOException {
    for (int i = 0; i < 1_000; i++) {
      feed("data: " + i + "\n\n: alive\n\n");
    }
    assertThat(events).hasSize(1_000);
  }

  private void feed(String text) throws IOException {
    parser.feed(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }
}
