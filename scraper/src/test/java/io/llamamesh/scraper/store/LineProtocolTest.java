package io.llamamesh.scraper.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.Point;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class LineProtocolTest {
  private static final Instant TIME = Instant.parse("2026-11-20T09:40:10Z");

  @Test
  void aPointIsALineWithItsTagsItsFieldsAndMilliseconds() {
    Point point =
        new Point(
            Point.RAW_STATS,
            TIME,
            Map.of("src_name", "node-1", "dst_name", "node-2", "port", "default"),
            Map.of("sent", 160.0));

    assertThat(LineProtocol.lines(List.of(point)))
        .containsExactly(
            "raw_stats,dst_name=node-2,port=default,src_name=node-1 sent=160.0 1795167610000");
  }

  @Test
  void whatWouldBreakALineIsEscapedAndEmptyTagsAreLeftOut() {
    Point point =
        new Point(
            Point.RAW_STATS,
            TIME,
            Map.of("src_name", "a b,c=d", "dst_name", "x\ny", "group", ""),
            Map.of("lost", 0.0));

    assertThat(LineProtocol.lines(List.of(point)))
        .containsExactly("raw_stats,dst_name=x\\ y,src_name=a\\ b\\,c\\=d lost=0.0 1795167610000");
  }

  /** Written out in full it would have three hundred zeros, and a page of such a heap of them. */
  @Test
  void whatIsAsGoodAsNothingIsWrittenAsNothing() {
    Point point = new Point(Point.RAW_STATS, TIME, Map.of("a", "b"), Map.of("jitter", -1e-300));

    assertThat(LineProtocol.lines(List.of(point)))
        .containsExactly("raw_stats,a=b jitter=0.0 1795167610000");
  }

  @Test
  void aPointWithoutFieldsHasNoLine() {
    assertThat(
            LineProtocol.lines(
                List.of(new Point(Point.RAW_STATS, TIME, Map.of("a", "b"), Map.of()))))
        .isEmpty();
  }

  @Test
  void numbersReadBackAsTheSameAndHaveNoExponent() {
    Random random = new Random(3);
    for (int i = 0; i < 20_000; i++) {
      double number =
          switch (i % 4) {
            case 0 -> random.nextInt(2_000_000) / 1e6;
            case 1 -> random.nextGaussian() * Math.pow(10, random.nextInt(24) - 12);
            case 2 -> -random.nextInt(1_000) / 1e3;
            default -> random.nextInt();
          };
      String line =
          LineProtocol.lines(List.of(new Point("m", TIME, Map.of(), Map.of("f", number))))
              .getFirst();
      String text = line.substring("m f=".length(), line.lastIndexOf(' '));

      assertThat(text).matches("-?[0-9]+[.][0-9]+");
      assertThat(Double.parseDouble(text)).isEqualTo(number);
    }
  }

  @Test
  void aBackslashAtTheEndDoesNotSwallowWhatFollows() {
    Point point = new Point("m", TIME, Map.of("a", "x\\", "b", "y\\z"), Map.of("f", 1.5));

    assertThat(LineProtocol.lines(List.of(point)))
        .containsExactly("m,a=x/,b=y\\z f=1.5 1795167610000");
  }
}
