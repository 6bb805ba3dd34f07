package io.llamamesh.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.results.MeshReport.Cause;
import io.llamamesh.results.MeshReport.Direction;
import io.llamamesh.results.MeshReport.Kind;
import io.llamamesh.results.MeshReport.PairReport;
import io.llamamesh.results.MeshReport.Silent;
import io.llamamesh.results.MeshReport.Store;
import io.llamamesh.results.MeshReport.Store.Trouble;
import io.llamamesh.results.MeshReport.Suspect;
import io.llamamesh.results.MeshReport.Totals;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResultsJsonTest {
  @Test
  void aPointHasLlamasShapeAndFloatsWithADecimalPoint() throws Exception {
    Map<String, Double> fields = new LinkedHashMap<>();
    fields.put("sent", 160.0);
    fields.put("loss", 0.0);
    fields.put("rtt", 0.071);
    Point point =
        new Point(
            Point.RAW_STATS,
            Instant.parse("2026-11-20T09:40:10Z"),
            Map.of("src_ip", "10.0.0.1", "dst_ip", "10.0.0.2"),
            fields);

    String json = ResultsJson.mapper().writeValueAsString(point);

    assertThat(json)
        .isEqualTo(
            "{\"measurement\":\"raw_stats\",\"time\":\"2026-11-20T09:40:10Z\","
                + "\"tags\":{\"dst_ip\":\"10.0.0.2\",\"src_ip\":\"10.0.0.1\"},"
                + "\"fields\":{\"sent\":160.0,\"loss\":0.0,\"rtt\":0.071}}");
    assertThat(ResultsJson.mapper().readValue(json, Point.class)).isEqualTo(point);
  }

  @Test
  void aPointOfGoLlamaIsRead() throws Exception {
    String json =
        """
        {"fields": {"loss": 100.000000, "lost": 250.000000, "rtt": 0.000000, "sent": 250.000000},
         "tags": {"dst_ip": "192.0.2.92", "src_ip": "::"},
         "time": "0001-01-01T00:00:00Z", "measurement": "raw_stats"}
        """;

    Point point = ResultsJson.mapper().readValue(json, Point.class);

    assertThat(point.fields()).containsEntry("lost", 250.0);
    assertThat(point.time()).isEqualTo(Instant.parse("0001-01-01T00:00:00Z"));
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void aPointRefusesWhatIsNoNumber(double value) {
    assertThatThrownBy(
            () -> new Point(Point.RAW_STATS, Instant.EPOCH, Map.of(), Map.of("rtt", value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("rtt");
  }

  @Test
  void aReportIsReadBackAsItWasWritten() throws Exception {
    MeshReport report =
        new MeshReport(
            "default",
            Instant.parse("2026-11-20T09:40:10.5Z"),
            Verdict.NODE_LOSS,
            "node-7 loses what it sends: 18 of its 19 pairs",
            new Totals(20, 19, 380, 18, 1.25, 0.07, null),
            List.of(
                new PairReport(
                    "node-7",
                    "node-1",
                    "default",
                    "IPv4",
                    Verdict.PARTIAL_PATH,
                    480,
                    60,
                    12.5,
                    0.07,
                    null,
                    List.of(25003))),
            List.of(new Suspect(Kind.NODE, "node-7", Direction.EGRESS, 18, 19, 12.1)),
            List.of(new Silent("edge-a", Cause.REFUSED, 3, 3)),
            new Store(Store.State.UNREACHABLE, "connection refused", null, 17));

    String json = ResultsJson.mapper().writeValueAsString(report);

    assertThat(ResultsJson.mapper().readValue(json, MeshReport.class)).isEqualTo(report);
    assertThat(json)
        .contains("\"verdict\":\"NodeLoss\"")
        .contains("\"direction\":\"Egress\"")
        .contains("\"cause\":\"Refused\"")
        .contains("\"state\":\"Unreachable\"")
        .doesNotContain("null");
  }

  @Test
  void theFabricsPartOfAReportIsReadBackAsItWasWritten() throws Exception {
    Instant since = Instant.parse("2026-11-20T09:40:10.5Z");
    FabricReport fabric =
        new FabricReport(
            3,
            since,
            List.of(
                new FabricReport.Unreachable("n4", since, FabricReport.Kind.NODE),
                new FabricReport.Unreachable("n5", since, FabricReport.Kind.AGENT)),
            List.of(
                new FabricReport.Partition(
                    List.of("n1"),
                    List.of("n2"),
                    List.of("n3"),
                    FabricReport.Direction.A_TO_B,
                    since),
                new FabricReport.Partition(
                    List.of("n1"),
                    List.of("n6"),
                    List.of(),
                    FabricReport.Direction.BOTH,
                    since,
                    true)),
            List.of(new FabricReport.Blocked("n7", since)));
    MeshReport report =
        new MeshReport(
            "m",
            since,
            Verdict.HEALTHY,
            "",
            new Totals(1, 1, 0, 0, null, null, null),
            List.of(),
            List.of(),
            new Store(Store.State.PENDING, null, null, 0));

    String json = ResultsJson.mapper().writeValueAsString(report.withFabric(fabric));

    assertThat(ResultsJson.mapper().readValue(json, MeshReport.class))
        .isEqualTo(report.withFabric(fabric));
    assertThat(json)
        .contains("{\"node\":\"n4\",\"since\":\"2026-11-20T09:40:10.500Z\",\"kind\":\"node\"}")
        .contains("\"kind\":\"agent\"")
        .contains("\"direction\":\"aToB\"")
        .doesNotContain("clear");
    assertThat(ResultsJson.mapper().writeValueAsString(report)).doesNotContain("fabric");
  }

  @Test
  void anOlderScraperSaysNothingOfWhoIsSilent() throws Exception {
    String old =
        """
        {"mesh": "m", "time": "2026-11-20T09:40:10Z", "verdict": "Healthy", "message": "",
         "totals": {"agents": 1, "agentsReporting": 1, "pairs": 0, "badPairs": 0},
         "worstPairs": [], "suspects": [], "store": {"state": "Pending", "pointsWritten": 0}}
        """;

    assertThat(ResultsJson.mapper().readValue(old, MeshReport.class).silent()).isEmpty();
  }

  @Test
  void whatANewerPeerSaysMoreIsIgnored() throws Exception {
    assertThat(
            ResultsJson.mapper()
                .readValue("{\"state\":\"Reachable\",\"pointsWritten\":1,\"mood\":2}", Store.class))
        .isEqualTo(new Store(Store.State.REACHABLE, null, null, 1));
  }

  @Test
  void aStoreThatDoesNotTakeSomePointsSaysWhatBecomesOfThem() throws Exception {
    Store store = new Store(Store.State.REACHABLE, "too old", null, 1, Trouble.POINTS_REJECTED);

    String json = ResultsJson.mapper().writeValueAsString(store);

    assertThat(json).contains("\"trouble\":\"PointsRejected\"");
    assertThat(ResultsJson.mapper().readValue(json, Store.class)).isEqualTo(store);
  }

  @Test
  void aCursorIsReadBackAsItWasWritten() {
    WindowCursor cursor = new WindowCursor("0a1b-2c", 17);
    assertThat(WindowCursor.parse(cursor.toString())).isEqualTo(cursor);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "x:", ":1", "x:y", "x:-1", "a b:1", "x:99999999999999999999"})
  void whatIsNoCursorIsRefused(String text) {
    assertThatThrownBy(() -> WindowCursor.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cursor");
  }
}
