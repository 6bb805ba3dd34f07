package io.llamamesh.e2e.main;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code ./llama-mesh e2e} in a folder of its own, whose parts are scripts that write down that
 * they ran.
 */
class LauncherTest {
  private static final Path LAUNCHER = Path.of("..", "llama-mesh");

  @TempDir private Path home;

  @BeforeEach
  void makeParts() throws IOException {
    Files.copy(LAUNCHER, home.resolve("llama-mesh"));
    for (String module :
        List.of(
            "crds",
            "client",
            "apiserver",
            "agent",
            "scraper",
            "registry",
            "operator",
            "local",
            "bench")) {
      Files.createDirectories(home.resolve(module).resolve("src/main"));
      Files.createFile(home.resolve(module).resolve("pom.xml"));
    }
    for (String module : List.of("e2e", "testkit", "images")) {
      Files.createDirectories(home.resolve(module).resolve("src/main"));
      Files.createFile(home.resolve(module).resolve("pom.xml"));
    }
    Files.createFile(home.resolve("pom.xml"));
    Files.createFile(home.resolve("crds/llamameshes.yaml"));
    script("e2e/target/dist/bin/e2e", "[ \"$2\" = --short ] || exit 1");
    script("testkit/cluster/build", "exit 3");
    script("testkit/node/build", "exit 3");
    script("bin/mvn", "");
    // Newer than all of it: nothing is stale.
    Files.createDirectories(home.resolve("target"));
    Files.createFile(home.resolve("target/built"));
    Files.createFile(home.resolve("target/e2e-built"));
  }

  @Test
  void wrongOptionsAreToldBeforeAnythingIsBuilt() throws Exception {
    assertThat(run(Map.of(), "e2e", "--seed", "x")).isEqualTo(1);

    assertThat(ran()).containsExactly("e2e --check --seed x");
  }

  @Test
  void testsRunWhereNoControlPlaneCanBeBuiltAndSayWhatTheyLack() throws Exception {
    script(
        "bin/mvn",
        """
        mkdir -p '%1$s/operator/target/failsafe-reports'
        printf '<testcase><skipped message="testkit: no test control plane: x"/></testcase>\\n%%.0s' 1 2 \\
          >'%1$s/operator/target/failsafe-reports/TEST-x.xml'
        """
            .formatted(home));

    assertThat(run(Map.of(), "test", "-o")).isZero();

    assertThat(ran())
        .containsExactly(
            "build ",
            "mvn -B -T2 -Dcompiler.fork=false -DskipTests -Dimages.skip -Dcyclonedx.skip package -o",
            "mvn -B -T2 verify -DexcludedGroups=alone -o",
            "mvn -B verify -Dgroups=alone -Dimages.skip -Dcyclonedx.skip"
                + " -Dsurefire.failIfNoSpecifiedTests=false"
                + " -Dfailsafe.failIfNoSpecifiedTests=false -o");
    assertThat(home.resolve("said"))
        .content()
        .contains("2 tests skipped for want of a test control plane: install Go");
  }

  @Test
  void nothingIsSkippedInCi() throws Exception {
    assertThat(run(Map.of("CI", "true"), "test")).isEqualTo(1);

    assertThat(ran()).containsExactly("build ");
  }

  @Test
  void aCommandBuildsWhatItRunsWithoutTestsAndNoOtherCommandTakesThatForItsOwn() throws Exception {
    Files.delete(home.resolve("target/built"));
    script("local/target/dist/bin/local", "");
    script("registry/target/dist/bin/registry", "");

    assertThat(run(Map.of(), "local")).isZero();
    assertThat(run(Map.of(), "local")).isZero();
    assertThat(run(Map.of(), "registry")).isZero();

    assertThat(ran())
        .containsExactly(
            built("agent,scraper,operator,local"),
            "local ",
            "local ",
            built("registry"),
            "registry registry");
  }

  private String built(String modules) {
    return "mvn -B -f %s/pom.xml -DskipTests package -T4 -Dquick -Dmaven.test.skip=true -pl %s -am"
        .formatted(home, modules);
  }

  private void script(String name, String end) throws IOException {
    Path file = home.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(
        file,
        """
        #!/usr/bin/env bash
        echo "$(basename "$0") $*" >>'%s'
        %s
        """
            .formatted(home.resolve("ran"), end));
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private List<String> ran() throws IOException {
    Path file = home.resolve("ran");
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  private int run(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder("bash", home.resolve("llama-mesh").toString());
    builder.command().addAll(List.of(arguments));
    Map<String, String> given = builder.environment();
    given.keySet().removeAll(List.of("CI", "KUBEBUILDER_ASSETS", "LLAMA_MESH_TEST_KUBECONFIG"));
    given.putAll(environment);
    given.put("LLAMA_MESH_JAVA_HOME", System.getProperty("java.home"));
    given.merge("PATH", home.resolve("bin").toString(), (path, bin) -> bin + ":" + path);
    Process process =
        builder.redirectErrorStream(true).redirectOutput(home.resolve("said").toFile()).start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }
}
