package io.llamamesh.scraper.pull;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.Point;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Answers of a real Python collector, recorded on 2026-11-30. */
final class PythonPointsTest {
  private static final Duration INTERVAL = Duration.ofSeconds(30);

  /** When its run ended. */
  private static final Instant RUN = Instant.ofEpochSecond(1_796_054_908);

  private static final Instant TICK = Instant.parse("2026-11-30T16:08:30Z");
  private static final String RUN_NANOS = "1796054908000000000";

  private final LegacyWindows windows = new LegacyWindows(new SourceNames());

  private static String recorded(String name) throws IOException {
    try (InputStream in = PythonPointsTest.class.getResourceAsStream("/" + name + ".json")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private Page read(String body, Instant now) throws IOException {
    Page page = PageParser.parse(body.getBytes(StandardCharsets.UTF_8), null, false, null);
    return windows.withTimes(page, "rack-7:5000", now, INTERVAL);
  }

  @Test
  void rttAndLossOfATargetBecomeOnePointOfTheWindow() throws IOException {
    Page page = read(recorded("python-influxdata"), RUN.plusSeconds(3));

    assertThat(page.malformed()).isZero();
    assertThat(page.points())
        .containsExactly(
            point(
                Map.of(
                    "rack",
                    "r2",
                    "src_hostname",
                    "here",
                    "dst_hostname",
                    "dead",
                    "src_name",
                    "here",
                    "dst_name",
                    "dead"),
                Map.of("loss", 100.0)),
            point(
                Map.of(
                    "rack",
                    "r1",
                    "src_hostname",
                    "here",
                    "dst_hostname",
                    "a",
                    "src_name",
                    "here",
                    "dst_name",
                    "a"),
                Map.of("loss", 6.25, "rtt", 0.14223098754882812)),
            point(
                Map.of("rack", "r3", "src_name", "rack-7:5000", "dst_name", "rack=r3"),
                Map.of("loss", 100.0)));
  }

  private static Point point(Map<String, String> tags, Map<String, Double> fields) {
    return new Point(Point.RAW_STATS, TICK, tags, fields);
  }

  @Test
  void beforeItsFirstRunThereIsNothingAndNothingIsMalformed() throws IOException {
    Page page = read(recorded("python-influxdata-before-its-first-run"), TICK);

    assertThat(page.points()).isEmpty();
    assertThat(page.malformed()).isZero();
  }

  @Test
  void aRunIsOneWindowHoweverOftenItIsReadAndTheNextRunAnotherThoughEqual() throws IOException {
    String first = recorded("python-influxdata");
    String second = first.replace(RUN_NANOS, "1796054938000000000");

    assertThat(read(first, RUN.plusSeconds(1)).points()).hasSize(3);
    assertThat(read(first, RUN.plusSeconds(9)).points()).isEmpty();
    assertThat(read(first, RUN.plusSeconds(29)).points()).isEmpty();
    List<Point> next = read(second, RUN.plusSeconds(31)).points();
    assertThat(next).hasSize(3).allMatch(point -> point.time().equals(TICK));
  }

  @Test
  void targetsWhoseRunsEndLaterJoinTheSameWindow() throws IOException {
    String all = recorded("python-influxdata");
    assertThat(read(all, RUN.plusSeconds(1)).points()).hasSize(3);
    // The run after: two targets are done when it is read, the third a second later.
    String next = all.replace(RUN_NANOS, "1796054938000000000");
    int third = next.lastIndexOf("\"rack\": \"r3\"", next.lastIndexOf("\"rack\": \"r3\"") - 1);
    String two = next.substring(0, third) + all.substring(third);

    List<Point> early = read(two, RUN.plusSeconds(33)).points();
    List<Point> late = read(next, RUN.plusSeconds(34)).points();

    assertThat(early).hasSize(2).allMatch(point -> point.time().equals(TICK.plusSeconds(30)));
    assertThat(late)
        .singleElement()
        .matches(point -> point.time().equals(TICK.plusSeconds(30)))
        .matches(point -> "rack=r3".equals(point.tags().get("dst_name")));
  }

  @Test
  void aRunInWhichNothingCouldBeSentAndNumbersThatCannotBeAreNothing() throws IOException {
    String one =
        """
        [{"measurement": "loss", "tags": {"dst_hostname": "a"}, "fields": {"value": %s},
          "time": 1796054908000000000},
         {"measurement": "rtt", "tags": {"dst_hostname": "a"}, "fields": {"value": %s},
          "time": 1796054908000000000}]
        """;

    assertThat(read(one.formatted("0.0", "0.0"), RUN).points()).isEmpty();
    assertThat(read(one.formatted("101.0", "1.0"), RUN).points()).isEmpty();
    assertThat(read(one.formatted("-1.0", "1.0"), RUN).points()).isEmpty();
    assertThat(read(one.formatted("1e999", "1.0"), RUN).points()).isEmpty();
  }
}
