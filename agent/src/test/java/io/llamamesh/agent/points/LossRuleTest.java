package io.llamamesh.agent.points;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import io.llamamesh.agent.window.PathFacts;
import io.llamamesh.agent.window.Tally;
import io.llamamesh.results.Point;
import io.llamamesh.results.Point.Fields;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LossRuleTest {
  @Test
  void aReflectorThatIsGoneIsLossToLlamaAndNotToTheNetwork() throws IOException {
    PairResult gone = pair(0, 0, 40);

    assertThat(point(gone, LossRule.NETWORK).fields()).doesNotContainKey(Fields.LOSS);
    assertThat(point(gone, LossRule.LLAMA).fields())
        .containsEntry(Fields.LOSS, 100.0)
        .containsEntry(Fields.LOST, 0.0)
        .containsEntry(Fields.REFUSED, 40.0);
  }

  @Test
  void whereNothingWasRefusedBothAreTheSame() {
    PairResult lossy = pair(30, 10, 0);

    assertThat(LossRule.LLAMA.percent(lossy)).isEqualTo(25.0);
    assertThat(LossRule.NETWORK.percent(lossy)).isEqualTo(25.0);
    assertThat(LossRule.LLAMA.percent(pair(0, 0, 0))).isNaN();
  }

  private static Point point(PairResult pair, LossRule loss) throws IOException {
    List<Point> points = new ArrayList<>();
    WindowPoints.of(
        new ClosedWindow(1, 1_000_000_000L, List.of(pair), List.of()),
        false,
        Map.of(),
        loss,
        points::add);
    return points.getFirst();
  }

  private static PairResult pair(int received, int lost, int refused) {
    int[] counts = new int[Tally.all().size()];
    counts[Outcome.RECEIVED.index()] = received;
    counts[Outcome.LOST.index()] = lost;
    counts[Outcome.REFUSED.index()] = refused;
    return PairResult.restored(Map.of(), counts, null, Double.NaN, List.of(), PathFacts.NONE);
  }
}
