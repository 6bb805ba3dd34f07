package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.testkit.chart.Dist;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Each program's {@code target/dist} runs on its own, with nothing but JAVA_HOME in its
 * environment.
 */
@Isolated("it starts program after program")
class DistIT {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          agent    | agent     | HOST_IPS
          agent    | reflector | -max-pps
          agent    | collector | -llama.config
          agent    | send      | Exit codes
          scraper  | scraper   | MESH_NAME
          scraper  | matrix    | --until-complete
          operator | operator  | KUBECONFIG
          operator | import    | legacy
          registry | registry  | --token-file
          registry | register  | LLAMA_SERVER
          """)
  void aCommandTellsHowItIsUsed(String component, String command, String named) throws Exception {
    var all = Dist.run(component, folder, Map.of(), "--help");
    var one = Dist.run(component, folder, Map.of(), command, "--help");

    assertThat(all.code()).as(all.err()).isZero();
    assertThat(all.out()).contains(command);
    assertThat(one.code()).as(one.err()).isZero();
    assertThat(one.out()).contains("Usage: llama-mesh " + command, named);
    assertThat(one.err()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "agent, reflector --nonsense",
    "operator, operator --nonsense",
    "registry, registry --nonsense"
  })
  void wrongUseIsNamedAndExitsWith1(String component, String line) throws Exception {
    var outcome = Dist.run(component, folder, Map.of(), line.split(" "));

    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err()).contains("--nonsense");
  }

  @ParameterizedTest
  @CsvSource({"agent", "scraper", "operator", "registry"})
  void flagsOfTheJvmCanBeAdded(String component) throws Exception {
    var outcome =
        Dist.run(component, folder, Map.of("JAVA_OPTS", "-XshowSettings:vm -Xmx77m"), "--help");

    assertThat(outcome.code()).isZero();
    assertThat(outcome.out() + outcome.err()).contains("77.00M");
  }
}
