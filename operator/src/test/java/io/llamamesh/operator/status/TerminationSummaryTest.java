package io.llamamesh.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TerminationSummaryTest {
  @Test
  void theEndIsToldInWholeLines() {
    String log =
        "starting version=1\n" + "x".repeat(150) + "\nlistening\nerror: port 8100 is taken\n";

    assertThat(TerminationSummary.of(log))
        .endsWith("x / listening / error: port 8100 is taken")
        .hasSizeLessThanOrEqualTo(200)
        .doesNotContain("starting");
  }

  @Test
  void framesOfAStackTraceAreNotTheCause() {
    String log =
        """
        java.net.BindException: Address already in use
        \tat java.base/sun.nio.ch.Net.bind0(Native Method)
        \tat io.llamamesh.agent.main.Agent.main(Agent.java:12)
        \t... 12 more
        """;

    assertThat(TerminationSummary.of(log))
        .isEqualTo("java.net.BindException: Address already in use");
  }

  @Test
  void aLineThatIsTooLongIsCut() {
    assertThat(TerminationSummary.of("y".repeat(5000))).hasSize(200).endsWith("…");
  }

  @Test
  void whoSaidNothingHasNone() {
    assertThat(TerminationSummary.of(null)).isEmpty();
    assertThat(TerminationSummary.of("\n\n")).isEmpty();
  }
}
