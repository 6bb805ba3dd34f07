package io.llamamesh.scraper.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.results.Point;
import io.llamamesh.results.PointReader;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.testing.Points;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PageParserTest {
  private static final Instant END = Instant.parse("2026-11-20T09:00:10Z");
  private static final WindowCursor CURSOR = new WindowCursor("boot", 1);
  private static final Point GOOD = Points.pair("node-1", "node-2", END, 480, 1, 1);

  private static Page page(String json) throws IOException {
    return PageParser.parse(json.getBytes(StandardCharsets.UTF_8), CURSOR, false, null);
  }

  private static String json(Point point) throws IOException {
    return ResultsJson.mapper().writeValueAsString(point);
  }

  /** Texts where a number belongs. */
  static List<String> numbers() {
    return List.of(
        "NaN",
        "-Infinity",
        "1e999",
        "1,5",
        "0x10",
        "12abc",
        "+1",
        ".5",
        "1.",
        "007",
        "--1",
        "1e",
        "9".repeat(2_000),
        "null",
        "true",
        "\"1\"",
        "[1]",
        "{\"a\":1}",
        "-",
        "∞");
  }

  @ParameterizedTest
  @MethodSource("numbers")
  void aNumberThatCannotBeReadCostsItsPointAlone(String number) throws IOException {
    String bad = json(GOOD).replace("\"sent\":480.0", "\"sent\":" + number);

    Page page = page("[" + json(GOOD) + "," + bad + "," + json(GOOD) + "]");

    assertThat(page.points()).containsExactly(GOOD, GOOD);
    assertThat(page.malformed()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void whateverStandsInsteadOfAPointCostsNoOther(long seed) throws IOException {
    Random random = new Random(seed);
    String[] others = {
      "{}",
      "1",
      "null",
      "\"}]\"",
      "\"\\\"]\"",
      "[[{}],{\"a\":[1,2]}]",
      "nonsense here",
      "{\"time\":}",
      "{\"measurement\":\"raw_stats\",\"time\":\"yesterday\",\"tags\":{},\"fields\":{}}",
      "{\"a\" 1}"
    };
    List<String> elements = new ArrayList<>();
    int good = 0;
    for (int i = 0; i < 30; i++) {
      boolean isGood = random.nextBoolean();
      good += isGood ? 1 : 0;
      elements.add(isGood ? json(GOOD) : others[random.nextInt(others.length)]);
    }

    Page page = page(" [ " + String.join(" ,\n ", elements) + " ] ");

    assertThat(page.points()).hasSize(good).containsOnly(GOOD);
    assertThat(page.malformed()).isEqualTo(30 - good);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "<html>|answer is not JSON",
        "''|answer is not JSON",
        "{}|answer is not a list of points",
        "\"points\"|answer is not a list of points",
        "[{},{\"a\":\"|answer ends in the middle of a list",
        "[{}|answer ends in the middle of a list"
      })
  void whatIsNoListIsRefused(String body, String why) {
    assertThatThrownBy(() -> page(body)).isInstanceOf(IOException.class).hasMessage(why);
  }

  @Test
  void aBodyOfNothingButEmptyPointsIsGivenUpSoon() {
    byte[] body = ("[" + "{},".repeat(11_000_000) + "{}]").getBytes(StandardCharsets.US_ASCII);

    assertThatThrownBy(() -> PageParser.parse(body, CURSOR, false, null))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot be read");
  }

  @Test
  void morePointsThanAnyAgentHasAreRefused() {
    String small =
        "{\"measurement\":\"x\",\"time\":\"2026-11-20T09:00:10Z\",\"tags\":{},\"fields\":{}}";
    String body = "[" + (small + ",").repeat(PageParser.MAX_POINTS) + small + "]";

    assertThatThrownBy(() -> page(body))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("more than " + PageParser.MAX_POINTS);
  }

  @ParameterizedTest
  @CsvSource({
    "sent,4e18",
    "sent,-1",
    "received,480",
    "lost,4e18",
    "refused,2",
    "forward_lost,2",
    "due,1e300",
    "rtt_p99,-0.5",
    "rtt,1e9"
  })
  void whatCannotHaveBeenCountedIsLeftOut(String field, double value) throws IOException {
    Map<String, Double> fields = new LinkedHashMap<>(GOOD.fields());
    fields.put(field, value);
    Point bad = new Point(GOOD.measurement(), GOOD.time(), GOOD.tags(), fields);

    Page page = page("[" + json(bad) + "," + json(GOOD) + "]");

    assertThat(page.points()).containsExactly(GOOD);
    assertThat(page.malformed()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "+999999999-12-31T23:59:59Z",
        "-999999999-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z"
      })
  void aTimeThatNoWindowHasIsLeftOut(String time) throws IOException {
    Point bad = new Point(GOOD.measurement(), Instant.parse(time), GOOD.tags(), GOOD.fields());

    assertThat(page("[" + json(bad) + "]").points()).isEmpty();
    assertThat(
            PageParser.parsePosted(("[" + json(bad) + "]").getBytes(StandardCharsets.UTF_8))
                .points())
        .isEmpty();
    // Go LLAMA's points have none that counts.
    assertThat(
            PageParser.parse(
                    ("[" + json(bad) + "]").getBytes(StandardCharsets.UTF_8), null, false, null)
                .points())
        .hasSize(1);
  }

  @Test
  void textsThatAreTooLongAndTagsThatAreTooManyAreLeftOut() throws IOException {
    Map<String, String> many = new LinkedHashMap<>();
    for (int i = 0; i <= PointReader.MAX_TAGS; i++) {
      many.put("t" + i, "v");
    }
    Point tooMany = new Point(GOOD.measurement(), END, many, GOOD.fields());
    Point tooLong = Points.with(GOOD, "src_name", "n".repeat(PointCheck.MAX_TEXT + 1));

    assertThat(page("[" + json(tooMany) + "," + json(tooLong) + "]").points()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "loss, 100.5",
    "loss, -1",
    "residence, -1",
    "residence, 1e9",
    "path_mtu, -1",
    "dscp_forward, 64",
    "dscp_return, -1",
    "newer, 1e19",
    "newer, -1e300"
  })
  void numbersThatNobodyMeasuresAreLeftOut(String field, double value) throws IOException {
    Map<String, Double> fields = new LinkedHashMap<>(GOOD.fields());
    fields.put(field, value);

    Page page = page("[" + json(new Point(GOOD.measurement(), END, GOOD.tags(), fields)) + "]");

    assertThat(page.points()).isEmpty();
    assertThat(page.malformed()).isEqualTo(1);
  }

  @Test
  void everyPointOfASoundAgentIsTaken() throws IOException {
    List<Point> points =
        List.of(
            GOOD,
            Points.refused("node-1", "node-2", END, 480),
            Points.path("node-1", "node-2", END, 25_000, 120, 1),
            Points.reflected("node-1", "node-2", END, 480),
            Points.pair("node-1", "node-2", END, 0, 0, 0));

    Page page = page(ResultsJson.mapper().writeValueAsString(points));

    assertThat(page.points()).isEqualTo(points);
    assertThat(page.malformed()).isZero();
  }
}
