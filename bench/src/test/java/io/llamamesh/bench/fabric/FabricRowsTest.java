package io.llamamesh.bench.fabric;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.bench.figures.Figure;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rows of the fabric's benchmark, each in its smallest size. */
class FabricRowsTest {

  private static final FabricSizes SMALL = new FabricSizes(List.of(10), 1, 2, 1, 1);

  private static List<String> lines(FabricRow... rows) throws Exception {
    List<Figure> figures = new ArrayList<>();
    for (FabricRow row : rows) {
      row.measure(SMALL, figures::add);
    }
    return figures.stream().map(Figure::line).toList();
  }

  @Test
  void simulatedRowsMeetTheirTargetsInTheSmallestSize() throws Exception {
    List<String> lines =
        lines(
            OverlayRows::overlay,
            OverlayRows::joins,
            OverlayRows::members,
            FailureRows::detection,
            FailureRows::falseFailure,
            FailureRows::far,
            PartitionRows::asymmetric,
            PartitionRows::heal);

    assertThat(lines).hasSizeGreaterThan(20).noneMatch(line -> line.contains("MISSED"));
  }

  @Test
  void whatIsKnownIsCountedToTheEnd() throws Exception {
    assertThat(lines(StateRows::subscription))
        .hasSize(2)
        .noneMatch(line -> line.contains("MISSED"));
  }

  @Test
  void largerMeshesGetFewerTrialsAndNoneGetsNone() {
    FabricSizes sizes = new FabricSizes(List.of(10, 5_000), 1, 40, 1, 1);

    assertThat(sizes.trials(10)).isEqualTo(40);
    assertThat(sizes.trials(200)).isEqualTo(10);
    assertThat(sizes.trials(5_000)).isEqualTo(3);
    assertThat(new FabricSizes(List.of(10), 1, 1, 1, 1).trials(10)).isEqualTo(1);
  }
}
