package io.llamamesh.bench.micro;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.window.Outcome;
import io.llamamesh.bench.figures.Figure;
import java.io.IOException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.runner.options.TimeValue;

class MicroBenchTest {

  @Test
  void everyBenchmarkIsInTheListAndHasAFigureOfItsOwn() {
    assertThat(MicroBench.ALL).extracting(MicroBench.Measured::figure).doesNotHaveDuplicates();
    for (Class<?> type : List.of(CodecMicro.class, FlightMicro.class, WindowMicro.class)) {
      assertThat(
              Stream.of(type.getDeclaredMethods())
                  .filter(method -> method.isAnnotationPresent(Benchmark.class))
                  .map(Method::getName))
          .isNotEmpty()
          .containsExactlyInAnyOrderElementsOf(
              MicroBench.ALL.stream()
                  .filter(one -> one.type() == type)
                  .map(MicroBench.Measured::method)
                  .toList());
    }
  }

  @Test
  void oneRoundGivesATimeAndTheBytesPerOperation() throws IOException {
    MicroBench.Measured first = MicroBench.ALL.getFirst();

    List<Figure> figures =
        MicroBench.figures(first, MicroBench.run(first, 1, TimeValue.milliseconds(50), 0));

    assertThat(figures)
        .extracting(Figure::name)
        .containsExactly("micro_codec_parse", "micro_codec_parse_allocated");
    assertThat(figures.getFirst().value()).isPositive();
  }

  @Test
  void thePlayedProbesAreAnsweredInTimeAndSettled() {
    FakeProbing answered = new FakeProbing(probe -> true, FakeProbing.HOUR);
    FakeProbing silent = new FakeProbing(probe -> false, FakeProbing.SECOND);
    for (int i = 0; i < 6; i++) {
      answered.window();
      silent.window();
    }

    assertThat(answered.sent()).isBetween(599L * FakeProbing.PER_TICK, 600L * FakeProbing.PER_TICK);
    // All but those of the last tick, whose answers nobody has read yet.
    assertThat(answered.settled(Outcome.RECEIVED))
        .isGreaterThanOrEqualTo(answered.sent() - FakeProbing.PER_TICK);
    assertThat(answered.windows()).isZero();
    assertThat(silent.settled(Outcome.LOST)).isGreaterThan(250L * FakeProbing.PER_TICK);
    assertThat(silent.windows()).isGreaterThanOrEqualTo(2);
  }
}
