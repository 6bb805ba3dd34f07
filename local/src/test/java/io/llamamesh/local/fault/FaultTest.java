package io.llamamesh.local.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.local.fault.Fault.Cut;
import io.llamamesh.local.fault.Fault.Down;
import io.llamamesh.local.fault.Fault.Impairment;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FaultTest {
  private static final List<String> NODES = List.of("node-1", "node-2", "node-3");

  @Test
  void lossBetweenTwoNodesIsRead() {
    assertThat(Fault.parse("node-1>node-2 loss=30%", NODES))
        .isEqualTo(new Impairment("node-1", "node-2", 0.3, Duration.ZERO, OptionalInt.empty()));
  }

  @Test
  void allSettingsTogetherAreRead() {
    assertThat(Fault.parse(" node-3 > *  loss=2.5 delay=1.5ms sport=25003 ", NODES))
        .isEqualTo(
            new Impairment(
                "node-3", "*", 0.025, Duration.ofNanos(1_500_000), OptionalInt.of(25003)));
  }

  @Test
  void aSourcePortAloneIsABrokenPath() {
    assertThat(Fault.parse("node-1>node-2 sport=25003", NODES))
        .isEqualTo(new Impairment("node-1", "node-2", 1, Duration.ZERO, OptionalInt.of(25003)));
  }

  @Test
  void aDelayAloneLosesNothing() {
    assertThat(Fault.parse("*>node-2 delay=5ms", NODES))
        .isEqualTo(new Impairment("*", "node-2", 0, Duration.ofMillis(5), OptionalInt.empty()));
  }

  @Test
  void aDeadNodeIsRead() {
    assertThat(Fault.parse("node-3 down", NODES)).isEqualTo(new Down("node-3"));
  }

  @Test
  void twoSidesThatDoNotHearEachOtherAreRead() {
    assertThat(Fault.parse("node-1, node-2 | node-3", NODES))
        .isEqualTo(new Cut(Set.of("node-1", "node-2"), Set.of("node-3"), true));
  }

  @Test
  void aSideThatTheOtherDoesNotHearIsRead() {
    assertThat(Fault.parse("node-1,node-2>node-3", NODES))
        .isEqualTo(new Cut(Set.of("node-1", "node-2"), Set.of("node-3"), false));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "node-1,node-9 | node-2",
        "node-1,node-2 | node-2,node-3",
        "node-1, | node-2",
        "node-1 | *",
        "node-1 | node-2 | node-3",
        "node-1,node-2 > node-3 loss=20%"
      })
  void aCutThatIsNotOneIsRefused(String text) {
    assertThatThrownBy(() -> Fault.parse(text, NODES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--fault '" + text + "'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          node-9>node-2 loss=20%        | the nodes are node-1, node-2, node-3
          node-9 down                   | the nodes are node-1, node-2, node-3
          * down                        | the nodes are node-1, node-2, node-3
          node-1>node-1 loss=20%        | same node twice
          node-1>node-2                 | must be written as
          node-1 loss=20%               | must be written as
          node-1>node-2 loss=120%       | from 0% to 100%
          node-1>node-2 loss=some       | from 0% to 100%
          node-1>node-2 delay=5         | a time such as 5ms
          node-1>node-2 delay=1h        | a time such as 5ms
          node-1>node-2 delay=11s       | at most 10s
          node-1>node-2 sport=0         | a source port such as 25003
          node-1>node-2 sport=70000     | a source port such as 25003
          node-1>node-2 colour=blue     | known are loss=20%
          """)
  void whatIsWrittenOtherwiseIsRefusedWithWhatToWrite(String text, String message) {
    assertThatThrownBy(() -> Fault.parse(text, NODES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--fault '" + text + "'")
        .hasMessageContaining(message);
  }
}
