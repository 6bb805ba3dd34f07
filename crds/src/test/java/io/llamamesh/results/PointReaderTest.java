package io.llamamesh.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PointReaderTest {
  private static final String ALL =
      """
      [{"measurement":"raw_stats","time":"2026-11-20T09:40:10Z","tags":{"a":"b"},"fields":{"sent":1.0}}]
      """;

  private final PointReader reader = new PointReader();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void readsWhatTheMapperWrites(long seed) throws IOException {
    List<Point> points = points(new Random(seed));
    byte[] json = ResultsJson.mapper().writeValueAsBytes(points);

    assertThat(reader.read(json)).isEqualTo(points);
    assertThat(reader.read(json))
        .isEqualTo(
            ResultsJson.mapper()
                .readValue(
                    json,
                    ResultsJson.mapper()
                        .getTypeFactory()
                        .constructCollectionType(List.class, Point.class)));
  }

  @Test
  void readsGoLlamasAnswerInItsOrder() throws IOException {
    String json =
        """
        [{"fields":{"loss":0.000000,"lost":0.000000,"rtt":0.123000,"sent":480.000000},\
        "tags":{"src_ip":"0.0.0.0","dst_ip":"10.0.0.1"},"time":"0001-01-01T00:00:00Z",\
        "measurement":"raw_stats","more":[{"than":"we"},"know"]}]\
        """;

    assertThat(reader.read(bytes(json)))
        .singleElement()
        .satisfies(point -> {
          assertThat(point.time()).isEqualTo(Instant.parse("0001-01-01T00:00:00Z"));
          assertThat(point.number("rtt", -1)).isEqualTo(0.123);
          assertThat(point.number("absent", -1)).isEqualTo(-1);
          assertThat(point.tags()).isEqualTo(Map.of("src_ip", "0.0.0.0", "dst_ip", "10.0.0.1"));
          assertThat(point.tags().keySet()).containsExactly("dst_ip", "src_ip");
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {PointReader.MAX_TAGS, PointReader.MAX_TAGS + 1, 400_000})
  void aPointWithMoreTagsThanItMayHaveIsNotRead(int count) throws IOException {
    String json = "[" + point(many(count, "\"v\""), "") + "]";

    if (count <= PointReader.MAX_TAGS) {
      assertThat(reader.read(bytes(json)).getFirst().tags()).hasSize(count);
    } else {
      assertThatThrownBy(() -> reader.read(bytes(json))).hasMessageContaining("more than 96 tags");
      assertThatThrownBy(() -> reader.readOne(bytes(json), 1, bytes(json).length - 2))
          .hasMessageContaining("more than 96 tags");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {PointReader.MAX_FIELDS, PointReader.MAX_FIELDS + 1, 400_000})
  void aPointWithMoreFieldsThanItMayHaveIsNotRead(int count) throws IOException {
    String json = "[" + point("", many(count, "1")) + "]";

    if (count <= PointReader.MAX_FIELDS) {
      assertThat(reader.read(bytes(json)).getFirst().fields()).hasSize(count);
    } else {
      assertThatThrownBy(() -> reader.read(bytes(json)))
          .hasMessageContaining("more than 64 fields");
    }
  }

  private static String point(String tags, String fields) {
    return "{\"measurement\":\"raw_stats\",\"time\":\"2026-11-20T09:40:10Z\",\"tags\":{%s},\"fields\":{%s}}"
        .formatted(tags, fields);
  }

  private static String many(int count, String value) {
    return IntStream.range(0, count)
        .mapToObj(i -> "\"n" + i + "\":" + value)
        .collect(Collectors.joining(","));
  }

  @Test
  void aWordThatComesAgainIsTheSameObject() throws IOException {
    Point one = reader.read(bytes(ALL)).getFirst();
    Point other = reader.read(bytes(ALL)).getFirst();

    assertThat(one.tags().get("a")).isSameAs(other.tags().get("a"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "[]"})
  void nothingIsAnEmptyList(String json) throws IOException {
    assertThat(reader.read(bytes(json))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "[1]",
        "[{\"measurement\":\"raw_stats\"}]",
        "[{\"measurement\":null,\"time\":\"2026-11-20T09:40:10Z\",\"tags\":{},\"fields\":{}}]",
        "[{\"measurement\":\"m\",\"time\":\"yesterday\",\"tags\":{},\"fields\":{}}]",
        "[{\"measurement\":\"m\",\"time\":\"2026-11-20T09:40:10Z\",\"tags\":{\"a\":1},\"fields\":{}}]",
        "[{\"measurement\":\"m\",\"time\":\"2026-11-20T09:40:10Z\",\"tags\":{},\"fields\":{\"x\":\"y\"}}]",
        "[{\"measurement\":\"m\",\"time\":\"2026-11-20T09:40:10Z\",\"tags\":{},\"fields\":{\"x\":1e999}}]",
        "[{\"measurement\":\"m\",\"time\":\"2026-11-20T09:40:10Z\",\"tags\":{},\"fields\":{\"x\":1,\"x\":2}}]",
        "[{\"measurement\":\"m\",\"time\":\"2026-11-20T09:40:10Z\",\"tags\":{\"a\":\"b\",\"a\":\"c\"},\"fields\":{}}]"
      })
  void whatIsNoListOfPointsIsRefused(String json) {
    assertThatThrownBy(() -> reader.read(bytes(json))).isInstanceOf(IOException.class);
  }

  @Test
  void anAnswerThatBreaksOffAnywhereIsRefused() {
    String whole = ALL.strip();
    for (int length = 1; length < whole.length(); length++) {
      String part = whole.substring(0, length);
      assertThatThrownBy(() -> reader.read(bytes(part)))
          .as(part)
          .isInstanceOf(JsonProcessingException.class);
    }
  }

  private static List<Point> points(Random random) {
    List<Point> points = new ArrayList<>();
    int kinds = 1 + random.nextInt(20);
    for (int i = 0; i < 200; i++) {
      int kind = random.nextInt(kinds);
      Map<String, String> tags = new TreeMap<>();
      Map<String, Double> fields = new LinkedHashMap<>();
      for (int j = 0; j <= kind; j++) {
        tags.put("tag" + j, "näme \"" + random.nextInt(30_000));
        fields.put("field" + (kind - j), random.nextGaussian() * Math.pow(10, random.nextInt(9)));
      }
      points.add(
          new Point(
              "measurement" + kind,
              Instant.ofEpochMilli(1_760_000_000_000L + random.nextInt(3) * 500L),
              tags,
              fields));
    }
    return points;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
