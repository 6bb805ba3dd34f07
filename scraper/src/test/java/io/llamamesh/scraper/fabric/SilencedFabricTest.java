package io.llamamesh.scraper.fabric;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.FabricReport;
import io.llamamesh.results.FabricReport.Blocked;
import io.llamamesh.results.FabricReport.Direction;
import io.llamamesh.results.FabricReport.Kind;
import io.llamamesh.results.FabricReport.Partition;
import io.llamamesh.results.FabricReport.Unreachable;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SilencedFabricTest {
  private static final Instant NOW = Instant.parse("2026-12-01T00:00:00Z");

  private static Partition partition(List<String> sideA, List<String> sideB) {
    return new Partition(sideA, sideB, List.of("n9"), Direction.BOTH, NOW, true);
  }

  @Test
  void ofASilencedNodeNothingIsSaidAndOfTheOthersAllIs() {
    FabricReport report =
        new FabricReport(
            3,
            NOW,
            List.of(new Unreachable("n1", NOW, Kind.NODE), new Unreachable("n2", NOW, Kind.AGENT)),
            List.of(
                partition(List.of("n1"), List.of("n3", "n4")),
                partition(List.of("n1", "n5"), List.of("n6"))),
            List.of(new Blocked("n1", NOW), new Blocked("n7", NOW)));

    FabricReport left = SilencedFabric.without(report, Set.of("n1"));

    assertThat(left)
        .isEqualTo(
            new FabricReport(
                3,
                NOW,
                List.of(new Unreachable("n2", NOW, Kind.AGENT)),
                List.of(partition(List.of("n5"), List.of("n6"))),
                List.of(new Blocked("n7", NOW))));
  }

  @Test
  void whereNobodyIsSilencedTheReportIsTheSame() {
    FabricReport report = FabricReport.clear(3, NOW);

    assertThat(SilencedFabric.without(report, Set.of())).isSameAs(report);
    assertThat(SilencedFabric.without(null, Set.of("n1"))).isNull();
  }
}
