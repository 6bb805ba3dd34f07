package io.llamamesh.scraper.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.Point;
import java.time.Instant;
import java.util.List;
import java.util.Map;
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

  @Test
  void aPointWithoutFieldsHasNoLine() {
    assertThat(
            LineProtocol.lines(
                List.of(new Point(Point.RAW_STATS, TIME, Map.of("a", "b"), Map.of()))))
        .isEmpty();
  }
}
