package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.results.Point;
import io.llamamesh.results.Point.Fields;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.scraper.testing.FakeAgent;
import io.llamamesh.scraper.testing.Points;
import io.llamamesh.testkit.junit.RunsAlone;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A scraper with 128 MiB of heap, two sound agents, and everybody who wishes it ill. */
@RunsAlone("it keeps the whole machine busy")
final class HostileAgentsIT {
  private static final int ROUNDS = 15;
  private static final int MADE_UP = 5_000;

  @TempDir private Path folder;

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(60)).ignoreExceptions();
  }

  @Test
  void whoWishesItIllCostsItselfAlone() throws Exception {
    List<Socket> halves = new ArrayList<>();
    try (FakeAgent good = FakeAgent.start();
        FakeAgent other = FakeAgent.start();
        FakeAgent empty = FakeAgent.start();
        FakeAgent absurd = FakeAgent.start();
        FakeAgent liar = FakeAgent.start();
        FakeAgent inventor = FakeAgent.start()) {
      empty.garbage("[" + "{},".repeat(11_000_000) + "{}]");
      absurd.clock("+999999999-01-01T00:00:00Z");
      String collectors =
          Stream.of(good, other, empty, absurd, liar, inventor)
              .map(FakeAgent::address)
              .collect(Collectors.joining(","));
      try (ScraperProcess scraper =
          new ScraperProcess(
              folder.resolve("scraper.log"),
              Map.of(),
              List.of("--collectors=" + collectors, "--interval=1s"))) {
        scraper.start();
        for (int i = 0; i < 400; i++) {
          halves.add(half(scraper.port()));
        }
        for (int round = 0; round < ROUNDS; round++) {
          Instant end = Instant.ofEpochSecond(Instant.now().getEpochSecond());
          good.publish(List.of(Points.pair("good", "other", end, 16, 0, 0.1)));
          other.publish(List.of(Points.pair("other", "good", end, 16, 0, 0.1)));
          absurd.publish(List.of(Points.pair("absurd", "good", end, 16, 0, 0.1)));
          liar.publish(lies(end));
          inventor.publish(madeUp(round, end));
          await().until(() -> answer(scraper, "/api/v1/pairs/good/other").contains(end.toString()));
        }

        await().until(() -> excess(scraper) > (ROUNDS - 5) * MADE_UP / 2);
        assertThat(scraper.process().alive()).isTrue();
        assertThat(answer(scraper, "/healthz")).startsWith("ok");
        Map<String, JsonNode> agents = new LinkedHashMap<>();
        for (JsonNode agent : ResultsJson.mapper().readTree(answer(scraper, "/api/v1/agents"))) {
          agents.put(agent.get("address").asText(), agent);
        }
        assertThat(agents).hasSize(6);
        assertThat(agents.get(good.address()).get("reporting").asBoolean()).isTrue();
        assertThat(agents.get(other.address()).get("reporting").asBoolean()).isTrue();
        assertThat(agents.get(empty.address()).get("reporting").asBoolean()).isFalse();
        assertThat(agents.get(absurd.address()).get("problem").asText()).contains("clock");
        assertThat(answer(scraper, "/api/v1/pairs/liar/x-1")).contains("nothing is known");
      }
    } finally {
      for (Socket half : halves) {
        half.close();
      }
    }
  }

  @Test
  void whatIsAsLongAsAnAnswerMayBeCostsItsAgentAlone() throws Exception {
    try (FakeAgent good = FakeAgent.start();
        FakeAgent tags = FakeAgent.start();
        FakeAgent fields = FakeAgent.start();
        FakeAgent names = FakeAgent.start();
        FakeAgent head = FakeAgent.start()) {
      head.clock("x".repeat(100_000));
      String now = Instant.ofEpochSecond(Instant.now().getEpochSecond()).toString();
      tags.garbage("[" + point(now, many(300_000, "\""), "") + "]");
      fields.garbage("[" + point(now, "", many(400_000, "")) + "]");
      names.garbage(
          IntStream.range(0, 5_500)
              .mapToObj(i -> point(now, "", many(64 * i, 64 * i + 64, "")))
              .collect(Collectors.joining(",", "[", "]")));
      String collectors =
          Stream.of(good, tags, fields, names, head)
              .map(FakeAgent::address)
              .collect(Collectors.joining(","));
      try (ScraperProcess scraper =
          new ScraperProcess(
              folder.resolve("scraper.log"),
              Map.of(),
              List.of("--collectors=" + collectors, "--interval=1s"))) {
        scraper.start();
        for (int round = 0; round < ROUNDS; round++) {
          Instant end = Instant.ofEpochSecond(Instant.now().getEpochSecond());
          good.publish(List.of(Points.pair("good", "other", end, 16, 0, 0.1)));
          head.publish(List.of(Points.pair("head", "other", end, 16, 0, 0.1)));
          await().until(() -> answer(scraper, "/api/v1/pairs/good/other").contains(end.toString()));
        }

        assertThat(scraper.process().alive()).isTrue();
        assertThat(answer(scraper, "/api/v1/pairs/head/other")).contains("nothing is known");
        assertThat(metric(scraper, "llamamesh_scraper_malformed_points_total ")).isPositive();
      }
    }
  }

  private static String point(String time, String tags, String fields) {
    return "{\"measurement\":\"raw_stats\",\"time\":\"%s\",\"tags\":{%s},\"fields\":{%s}}"
        .formatted(time, tags, fields);
  }

  private static String many(int count, String quote) {
    return many(0, count, quote);
  }

  private static String many(int from, int to, String quote) {
    return IntStream.range(from, to)
        .mapToObj(i -> "\"" + Integer.toString(i, 36) + "\":" + quote + "1" + quote)
        .collect(Collectors.joining(","));
  }

  private static Socket half(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    try {
      socket
          .getOutputStream()
          .write(
              ("GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(15_000))
                  .getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      // Closed already: there are too many.
    }
    return socket;
  }

  private static List<Point> lies(Instant end) {
    List<Point> lies = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      Point point = Points.pair("liar", "x-" + i, end, 16, 0, 0.1);
      Map<String, Double> fields = new LinkedHashMap<>(point.fields());
      fields.put(Fields.SENT, 4e18);
      fields.put(Fields.RECEIVED, 3.9e18);
      fields.put(Fields.LOST, 1e17);
      lies.add(new Point(point.measurement(), end, point.tags(), fields));
    }
    return lies;
  }

  private static List<Point> madeUp(int round, Instant end) {
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < MADE_UP; i++) {
      points.add(Points.pair("inventor", "x-" + round + "-" + i, end, 16, 0, 0.1));
    }
    return points;
  }

  private static double excess(ScraperProcess scraper) throws Exception {
    return metric(scraper, "llamamesh_scraper_excess_points_total ");
  }

  private static double metric(ScraperProcess scraper, String name) throws Exception {
    return answer(scraper, "/metrics")
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
        .findFirst()
        .orElse(0);
  }

  private static String answer(ScraperProcess scraper, String path) throws Exception {
    return scraper.get(path, "").body();
  }
}
