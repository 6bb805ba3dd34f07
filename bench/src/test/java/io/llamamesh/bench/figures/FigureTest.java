package io.llamamesh.bench.figures;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class FigureTest {

  @Test
  void aFigureWithoutTargetIsNameValueAndUnit() {
    assertThat(Figure.of("memory_rss", 96.25, "MiB", FigureGoal.none()).line())
        .isEqualTo("memory_rss=96.3 MiB");
  }

  @Test
  void aTargetIsMetUpToItsBound() {
    assertThat(Figure.of("start", 1, "s", FigureGoal.atMost(1)).line())
        .isEqualTo("start=1 s  (target ≤ 1 s: met)");
    assertThat(Figure.of("start", 1.01, "s", FigureGoal.atMost(1)).line()).endsWith("MISSED)");
  }

  @Test
  void aRatioIsToTheReference() {
    Figure figure = Figure.of("cpu", 4.6, "µs", FigureGoal.ratioAtMost(1.15));

    assertThat(figure.against(OptionalDouble.of(4)).line())
        .isEqualTo("cpu=4.60 µs  (c 4 µs, ratio 1.15; target ratio ≤ 1.15: met)");
    assertThat(figure.against(OptionalDouble.of(3.9)).line()).contains("ratio 1.18", "MISSED");
  }

  @Test
  void withoutReferenceARatioIsUnknownRatherThanMet() {
    assertThat(Figure.of("cpu", 4.6, "µs", FigureGoal.ratioAtMost(1.15)).line())
        .contains("unknown");
  }

  @Test
  void whatGoLlamaWasNotThereForSaysSo() {
    Figure asked = Figure.of("cpu", 46, "µs", FigureGoal.ratioAtMost(1));
    Figure unasked = Figure.of("cpu", 46, "µs", FigureGoal.none());

    assertThat(asked.against(FigureReference.GO, OptionalDouble.of(85)).line())
        .isEqualTo("cpu=46 µs  (go 85 µs, ratio 0.54; target ratio ≤ 1: met)");
    assertThat(unasked.against(FigureReference.GO, OptionalDouble.of(23)).line())
        .isEqualTo("cpu=46 µs  (go 23 µs, ratio 2)");
    assertThat(asked.against(FigureReference.GO, OptionalDouble.empty()).line())
        .contains("unknown, Go LLAMA is left out");
    assertThat(unasked.against(FigureReference.GO, OptionalDouble.empty()).line())
        .contains("Go LLAMA is left out");
  }

  @Test
  void theMedianIgnoresADisturbedRound() {
    Rounds rounds = new Rounds();
    assertThat(rounds.median()).isEmpty();

    for (double value : new double[] {4, 40, 5}) {
      rounds.add(value);
    }
    assertThat(rounds.median()).hasValue(5);

    rounds.add(7);
    assertThat(rounds.median()).hasValue(6);
  }
}
