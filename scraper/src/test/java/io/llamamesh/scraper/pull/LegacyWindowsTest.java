package io.llamamesh.scraper.pull;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.Point;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class LegacyWindowsTest {
  private static final Duration INTERVAL = Duration.ofSeconds(30);
  private static final Instant TICK = Instant.parse("2026-11-20T09:40:00Z");

  private final LegacyWindows windows = new LegacyWindows(new SourceNames());

  @Test
  void aSummaryIsOneWindowHoweverOftenItIsRead() {
    assertThat(read(0.3, 480, 0)).isEqualTo(TICK);
    assertThat(read(9, 480, 0)).isNull();
    assertThat(read(30.1, 480, 0)).isNull();
    assertThat(read(31, 481, 0)).isEqualTo(TICK.plusSeconds(30));
  }

  @Test
  void ifAllIsLostEveryIntervalIsAWindowThoughSummariesAreEqual() {
    assertThat(read(1.5, 480, 480)).isEqualTo(TICK);
    assertThat(read(29, 480, 480)).isNull();
    assertThat(read(30.5, 480, 480)).as("may still be the one before").isNull();
    assertThat(read(31.5, 480, 480)).isEqualTo(TICK.plusSeconds(30));
    assertThat(read(32.5, 480, 480)).isNull();
    assertThat(read(60.2, 480, 3)).isEqualTo(TICK.plusSeconds(60));
  }

  @Test
  void aWindowThatWasTakenForLostTooEarlyIsReplaced() {
    assertThat(read(1, 480, 480)).isEqualTo(TICK);
    assertThat(read(31.5, 480, 480)).isEqualTo(TICK.plusSeconds(30));
    assertThat(read(32, 480, 3)).isEqualTo(TICK.plusSeconds(30));
    assertThat(read(60.5, 480, 4)).isEqualTo(TICK.plusSeconds(60));
  }

  /** A collector whose clock is a little ahead of ours: found just before our tick or behind it. */
  @Test
  void twoSummariesAreNeverTheSameWindow() {
    assertThat(read(29.9, 480, 1)).isEqualTo(TICK);
    assertThat(read(61, 480, 2)).isEqualTo(TICK.plusSeconds(60));
    assertThat(read(89.9, 480, 3)).isEqualTo(TICK.plusSeconds(90));
    assertThat(read(119.9, 480, 4)).isEqualTo(TICK.plusSeconds(120));
  }

  @Test
  void aCollectorThatMakesUpNamesTakesNoOthersNames() {
    SourceNames names = new SourceNames();
    for (int i = 0; i < 100_000; i++) {
      String _ = names.claim("made-up-" + i, "bad");
    }

    assertThat(names.claim("made-up-3", "bad")).isEqualTo("made-up-3");
    assertThat(names.claim("made-up-99999", "bad")).isEqualTo("made-up-99999 (bad)");
    assertThat(names.claim("rack-7", "good")).isEqualTo("rack-7");
    names.release("bad");
    assertThat(names.claim("made-up-3", "good")).isEqualTo("made-up-3");
    assertThat(names.claim("its-next-life", "bad")).isEqualTo("its-next-life");
  }

  @Test
  void pointsThatDoNotSayWhoseTheyAreGetTheCollectorsName() {
    Page page = windows.withTimes(page(480, 0), "rack-7", TICK, INTERVAL);

    assertThat(page.points().getFirst().tags())
        .isEqualTo(Map.of("src_ip", "0.0.0.0", "dst_ip", "10.0.0.1", "src_name", "rack-7"));
  }

  @Test
  void llamasHostNamesNameBothEndsWhereOursAreAbsent() {
    Page page =
        windows.withTimes(
            tagged(
                Map.of("dst_ip", "10.0.0.1", "src_hostname", "a", "dst_hostname", "b"),
                Map.of("dst_ip", "10.0.0.2", "src_hostname", "a", "dst_name", "ours"),
                Map.of("dst_ip", "10.0.0.3", "src_name", "", "dst_hostname", " ")),
            "rack-7:5000",
            TICK,
            INTERVAL);

    assertThat(names(page)).containsExactly("a>b", "a>ours", "rack-7:5000>null");
  }

  @Test
  void aNameThatSeveralHaveIsQualifiedByAddresses() {
    SourceNames names = new SourceNames();
    LegacyWindows other = new LegacyWindows(names);
    LegacyWindows one = new LegacyWindows(names);
    Page page =
        tagged(
            Map.of("dst_ip", "10.0.0.1", "src_hostname", "x", "dst_hostname", "localhost"),
            Map.of("dst_ip", "10.0.0.2", "src_hostname", "x", "dst_hostname", "localhost"));
    Page later =
        tagged(Map.of("dst_ip", "10.0.0.1", "src_hostname", "x", "dst_hostname", "localhost"));

    assertThat(names(one.withTimes(page, "c1", TICK, INTERVAL)))
        .containsExactly("x>localhost (10.0.0.1)", "x>localhost (10.0.0.2)");
    assertThat(names(other.withTimes(page, "c2", TICK, INTERVAL)))
        .containsExactly("x (c2)>localhost (10.0.0.1)", "x (c2)>localhost (10.0.0.2)");
    assertThat(names(one.withTimes(later, "c1", TICK.plusSeconds(30), INTERVAL)))
        .containsExactly("x (c1)>localhost");
    names.release("c2");
    assertThat(names.claim("x", "c1")).isEqualTo("x");
  }

  private static List<String> names(Page page) {
    return page.points().stream()
        .map(point -> point.tags().get("src_name") + ">" + point.tags().get("dst_name"))
        .toList();
  }

  @SafeVarargs
  @SuppressWarnings("varargs")
  private static Page tagged(Map<String, String>... tags) {
    List<Point> points =
        java.util.Arrays.stream(tags)
            .map(all -> new Point(Point.RAW_STATS, Instant.EPOCH, all, Map.of("sent", 1.0)))
            .toList();
    return new Page(points, null, false, null, 0);
  }

  private @Nullable Instant read(double seconds, int sent, int lost) {
    Instant now = TICK.plusMillis(Math.round(seconds * 1_000));
    List<Point> points = windows.withTimes(page(sent, lost), "c", now, INTERVAL).points();
    return points.isEmpty() ? null : points.getFirst().time();
  }

  private static Page page(int sent, int lost) {
    Point point =
        new Point(
            Point.RAW_STATS,
            Instant.parse("0001-01-01T00:00:00Z"),
            Map.of("src_ip", "0.0.0.0", "dst_ip", "10.0.0.1"),
            Map.of("sent", (double) sent, "lost", (double) lost));
    return new Page(List.of(point), null, false, null, 0);
  }
}
