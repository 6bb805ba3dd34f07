package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.marcnuri.helm.Helm;
import io.llamamesh.testkit.chart.Chart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@code ./llama-mesh release} in a git repository of its own, with what a release is made of, and
 * a Maven that only leaves files.
 */
class ReleaseTest {
  private static final List<String> IMAGES = List.of("agent", "operator", "scraper");

  @TempDir private Path scratch;
  private Path home = Path.of("");

  @BeforeEach
  void makeRepository() throws Exception {
    home = Files.createDirectories(scratch.resolve("home")).toRealPath();
    for (String part :
        List.of("llama-mesh", "pom.xml", "examples/install.yaml", "charts/llama-mesh")) {
      copy(Chart.ROOT.resolve(part), home.resolve(part));
    }
    for (String image : IMAGES) {
      copy(Chart.ROOT.resolve(image).resolve("pom.xml"), home.resolve(image).resolve("pom.xml"));
    }
    Files.writeString(home.resolve(".gitignore"), "target/\n");
    Files.writeString(
        home.resolve("CHANGELOG.md"),
        """
        # Changelog

        ## Unreleased

        ### Added

        - A thing.

        ## 0.1.1

        - An older thing.
        """);
    git("init", "-q");
    commit();
    Path maven = Files.createDirectories(scratch.resolve("bin")).resolve("mvn");
    // It builds what the pom.xml says that it is given.
    Files.writeString(
        maven,
        """
        #!/usr/bin/env bash
        echo "$*" >>'%s'
        source=$(dirname "$3")
        grep -q '<version>9.8.7</version>' "$source/agent/pom.xml" || exit 1
        for name in agent operator scraper; do
          mkdir -p "$source/images/target" "$source/$name/target/dist"
          echo '{"bomFormat": "CycloneDX"}' >"$source/$name/target/dist/sbom.json"
          [[ -n ${NO_BASE-} ]] || echo "$name" | tee "$source/images/target/$name-"{amd64,arm64}-image.tar >/dev/null
        done
        [[ -z ${NO_BASE-} ]] || echo 'images are not built: the base cannot be had'
        """
            .formatted(scratch.resolve("ran")));
    assertThat(maven.toFile().setExecutable(true)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "v0.2.0, is no version of a release",
    "0.2, is no version of a release",
    "00.2.0, is no version of a release",
    "0.2.0+build, is no version of a release",
    "0.2.0-SNAPSHOT, is no version of a release",
    "'0.2.0; true', is no version of a release",
    "0.0.9, older than",
    "0.1.1, CHANGELOG.md has a section 0.1.1 already",
    "'', which version"
  })
  void aWrongVersionIsRefused(String version, String why) throws Exception {
    assertThat(release(version)).isEqualTo(1);

    assertThat(said()).contains(why).hasLineCount(1);
    assertThat(home.resolve("target/release")).doesNotExist();
  }

  @Test
  void aTreeThatIsNotAsCommittedIsRefusedAndSaysWhere() throws Exception {
    Files.writeString(home.resolve("notes.txt"), "mine");

    assertThat(release("9.8.7")).isEqualTo(1);

    assertThat(said()).contains("1 files here differ from it (notes.txt)");
  }

  @Test
  void aFolderThatIsNoCheckoutIsRefused() throws Exception {
    Files.move(home.resolve(".git"), scratch.resolve("git"));

    assertThat(release("9.8.7")).isEqualTo(1);

    assertThat(said()).contains("is no git checkout");
  }

  @Test
  void aVersionThatIsAnotherCommitsIsRefused() throws Exception {
    git("tag", "v9.8.7");
    assertThat(release("9.8.7", "--dry-run")).isZero();
    git("commit", "-q", "--allow-empty", "-m", "next");

    assertThat(release("9.8.7", "--dry-run")).isEqualTo(1);

    assertThat(said()).contains("the tag v9.8.7 is of another commit");
  }

  @Test
  void nothingToSayIsNoRelease() throws Exception {
    Files.writeString(home.resolve("CHANGELOG.md"), "# Changelog\n\n## Unreleased\n\n## 0.1.1\n");
    commit();

    assertThat(release("9.8.7")).isEqualTo(1);

    assertThat(said()).contains("nothing under Unreleased");
  }

  @Test
  void aDryRunBuildsNothingAndItsChartIsTheManifest() throws Exception {
    assertThat(release("9.8.7", "--dry-run")).isZero();

    Path out = home.resolve("target/release/9.8.7-dry-run");
    assertThat(scratch.resolve("ran")).doesNotExist();
    assertThat(files(out))
        .containsExactly(
            "SHA256SUMS",
            "crds/llamameshes.llamamesh.io-v1.yaml",
            "install.yaml",
            "llama-mesh-9.8.7.tgz",
            "release-notes.md");
    assertThat(out.resolve("release-notes.md"))
        .content()
        .startsWith("# llama-mesh 9.8.7\n")
        .endsWith("### Added\n\n- A thing.\n\n")
        .contains("Built from commit ")
        .doesNotContain("older");
    String manifest = Files.readString(out.resolve("install.yaml"));
    assertThat(manifest).doesNotContain("SNAPSHOT");
    // Helm reads the archive, and renders from it what the manifest has.
    String rendered = InstallManifest.objects(new Helm(out.resolve("llama-mesh-9.8.7.tgz")));
    assertThat(manifest).endsWith(rendered);
    JsonNode operator = Chart.the(rendered, "Deployment", "llama-mesh-operator");
    assertThat(operator.at("/spec/template/spec/containers/0/image").asText())
        .isEqualTo("llama-mesh-operator:9.8.7");
    assertSums(out);
  }

  @Test
  void theSameCommitMakesTheSameBytes() throws Exception {
    assertThat(release("9.8.7", "--dry-run")).isZero();
    Path sums = home.resolve("target/release/9.8.7-dry-run/SHA256SUMS");
    String first = Files.readString(sums);
    assertThat(release("9.8.7", "--dry-run")).isZero();

    assertThat(sums).hasContent(first);
  }

  @Test
  void aReleaseHasImagesAndWhatIsInThem() throws Exception {
    assertThat(release("9.8.7", "--base", "tar:///base.tar")).isZero();

    Path out = home.resolve("target/release/9.8.7");
    List<String> expected = new ArrayList<>();
    for (String image : IMAGES) {
      expected.add("images/llama-mesh-" + image + "-9.8.7-amd64.tar");
      expected.add("images/llama-mesh-" + image + "-9.8.7-arm64.tar");
      expected.add("sbom/llama-mesh-" + image + "-9.8.7.cdx.json");
    }
    assertThat(files(out)).containsAll(expected).hasSize(5 + expected.size());
    assertThat(Files.readString(scratch.resolve("ran")))
        .contains("-Dimages.base=tar:///base.tar", "-Dimages.arch=amd64,arm64", "-pl images -am");
    assertSums(out);
    assertThat(said()).contains("target/release/9.8.7 holds");

    assertThat(release("9.8.7")).isEqualTo(1);
    assertThat(said()).contains("target/release/9.8.7 is there already");
  }

  @Test
  void withoutImagesThereIsNoRelease() throws Exception {
    assertThat(release(Map.of("NO_BASE", "true"), "9.8.7")).isEqualTo(1);

    assertThat(said()).contains("images are not built: the base cannot be had");
    assertThat(home.resolve("target/release/9.8.7")).doesNotExist();
  }

  private void assertSums(Path out) throws Exception {
    Process check =
        new ProcessBuilder("sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS")
            .directory(out.toFile())
            .inheritIO()
            .start();
    assertThat(check.waitFor()).isZero();
    List<String> named =
        Files.readAllLines(out.resolve("SHA256SUMS")).stream()
            .map(line -> line.replaceFirst("^[0-9a-f]{64}  ", ""))
            .toList();
    assertThat(named)
        .containsExactlyInAnyOrderElementsOf(
            files(out).stream().filter(name -> !name.equals("SHA256SUMS")).toList());
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        Files.createDirectories(target.toAbsolutePath().getParent());
        Files.copy(file, target);
      }
    }
  }

  private void commit() throws Exception {
    git("add", "-A");
    git("commit", "-q", "-m", "a commit");
  }

  private void git(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("git", "-c", "user.name=x", "-c", "user.email=x@example.org"));
    command.addAll(List.of(arguments));
    assertThat(start(command, Map.of())).as("%s", command).isZero();
  }

  private int release(String... arguments) throws Exception {
    return release(Map.of(), arguments);
  }

  private int release(Map<String, String> environment, String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("bash", home.resolve("llama-mesh").toString(), "release"));
    Stream.of(arguments).filter(argument -> !argument.isEmpty()).forEach(command::add);
    return start(command, environment);
  }

  private int start(List<String> command, Map<String, String> environment) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).directory(home.toFile());
    Map<String, String> given = builder.environment();
    given.keySet().removeIf(name -> name.startsWith("GIT_"));
    given.put("GIT_CONFIG_GLOBAL", "/dev/null");
    given.put("LLAMA_MESH_JAVA_HOME", System.getProperty("java.home"));
    given.merge("PATH", scratch.resolve("bin").toString(), (path, bin) -> bin + ":" + path);
    given.putAll(environment);
    Process process =
        builder.redirectErrorStream(true).redirectOutput(scratch.resolve("said").toFile()).start();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  private String said() throws IOException {
    return Files.readString(scratch.resolve("said"));
  }
}
