package io.llamamesh.e2e.main;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class E2eMainTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--seed x",
        "--only nothing",
        "--times 0",
        "--only storm --storm-minutes 0",
        "--unknown",
        "--keep=perhaps"
      })
  void wrongOptionsAreTold(String options) {
    assertThat(check(options)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--short", "--keep", "--only install --times 3", "--only storm --seed 7"})
  void rightOnesAreCheckedAndNothingElseIsDone(String options) {
    assertThat(check(options)).isZero();
  }

  private static int check(String options) {
    return E2eMain.run(Map.of(), ("--check " + options).split(" "));
  }
}
