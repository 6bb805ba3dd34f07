package io.llamamesh.scraper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HostPortTest {
  @ParameterizedTest
  @CsvSource({
    "10.0.0.1,10.0.0.1:8100",
    "10.0.0.1:9000,10.0.0.1:9000",
    "node.example,node.example:8100",
    "fd00::1,[fd00::1]:8100",
    "[fd00::1],[fd00::1]:8100",
    "[fd00::1]:9000,[fd00::1]:9000",
  })
  void readsNamesAndBothFamilies(String text, String meant) {
    assertThat(HostPort.parse(text, 8100)).hasToString(meant);
  }

  @ParameterizedTest
  @CsvSource({"a b", "a:x", "[fd00::1", "a:0", "a:70000", "[fd00::1]x", "a/b"})
  void refusesWhatIsNoAddress(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> HostPort.parse(text, 8100));
  }

  @Test
  void aStaticListNamesEachAgentOnce() {
    assertThat(new StaticAgents("a, b:9000,a,", 8100).agents())
        .extracting(AgentEndpoint::name)
        .containsExactly("a:8100", "b:9000");
  }
}
