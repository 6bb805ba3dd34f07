package io.llamamesh.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is in a package, and what its one command says. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "a package is for Linux")
@Isolated("it links a runtime and starts program after program")
class PackageIT {
  @TempDir private static Path shared;
  private static Path home;

  @TempDir private Path folder;

  @BeforeAll
  static void unpack() throws Exception {
    home = PackageFile.shared().unpack(shared);
  }

  @Test
  void theSameProgramsAndJdkGiveTheSameBytes() throws Exception {
    PackageFile again = PackageFile.make(folder);

    assertThat(Files.mismatch(PackageFile.shared().file(), again.file())).isEqualTo(-1);
  }

  @Test
  void itHasTheProgramsTheirRuntimeUnitsAndLicences() {
    for (String file :
        List.of(
            "bin/llama-mesh",
            "runtime/bin/java",
            "runtime/bin/jcmd",
            "runtime/lib/server/classes_coh.jsa",
            "runtime/legal/java.base/LICENSE",
            "systemd/llama-mesh-agent.service",
            "systemd/llama-mesh-registry.service",
            "systemd/llama-mesh-scraper.service",
            "compose/compose.yaml",
            "compose/Dockerfile",
            "LICENSE",
            "README.md")) {
      assertThat(home.resolve(file)).exists();
    }
    assertThat(home.resolve("runtime/bin/javac")).doesNotExist();
  }

  @Test
  void anyUserMayRunWhatIsInIt() throws Exception {
    for (String entry : PackageFile.shared().entries()) {
      assertThat(entry)
          .matches("(drwxr-xr-x|-rwxr-xr-x|-rw-r--r--|lrwxrwxrwx|hrw.*) 0/0 .*")
          .contains(" 2026-01-01 00:00:00 ");
    }
  }

  @Test
  void eachLibraryIsThereOnceAndEachProgramHasItsOwn() throws IOException {
    try (Stream<Path> files = Files.walk(home)) {
      for (Path jar : files.filter(file -> file.toString().endsWith(".jar")).toList()) {
        if (Files.isSymbolicLink(jar)) {
          assertThat(jar.toRealPath().getParent()).isEqualTo(home.resolve("lib").toRealPath());
        }
      }
    }
    for (String program : List.of("agent", "scraper", "registry")) {
      assertThat(names(home.resolve(program).resolve("lib")))
          .isEqualTo(names(PackageFile.ROOT.resolve(program).resolve("target/dist/lib")));
    }
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static Tool.Outcome run(String command, String... args) throws Exception {
    List<String> line = new ArrayList<>(List.of(command));
    line.addAll(List.of(args));
    return Tool.run(Map.of("PATH", "/usr/bin:/bin"), line);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "agent",
        "reflector",
        "collector",
        "scraper",
        "registry",
        "register",
        "matrix",
        "members",
        "routes",
        "partitions",
        "send"
      })
  void eachCommandHasItsHelp(String command) throws Exception {
    String launcher = home.resolve("bin/llama-mesh").toString();

    assertThat(run(launcher, command, "--help"))
        .satisfies(outcome -> assertThat(outcome.code()).as(outcome.output()).isZero())
        .satisfies(outcome -> assertThat(outcome.output()).contains("Usage:"));
    assertThat(run(launcher).output()).containsPattern("(?m)^  " + command + "\\b");
  }

  @Test
  void aLinkToTheCommandIsTheCommand() throws Exception {
    Path first = Files.createSymbolicLink(folder.resolve("llama-mesh"), home.resolve("bin"));
    Path link = Files.createSymbolicLink(folder.resolve("lm"), Path.of("llama-mesh/llama-mesh"));

    assertThat(first).exists();
    assertThat(run(link.toString(), "--version").output())
        .matches("llama-mesh \\d+[.]\\d+[.]\\d+\\S*\n");
    assertThat(run(link.toString(), "agent", "--help").output()).contains("Usage:");
  }

  @ParameterizedTest
  @CsvSource({
    "operator, 'llama-mesh: ''operator'' is not in this package, which is for hosts outside"
        + " Kubernetes: run ./llama-mesh operator from the sources'",
    "nonsense, llama-mesh: unknown command 'nonsense' (see --help)"
  })
  void whatIsNotInItIsToldInALine(String command, String line) throws Exception {
    Tool.Outcome outcome = run(home.resolve("bin/llama-mesh").toString(), command);

    assertThat(outcome.code()).isOne();
    assertThat(outcome.output().strip()).isEqualTo(line.replaceFirst("''", "'"));
  }

  @ParameterizedTest
  @CsvSource({
    "--runtime, --runtime needs a folder",
    "--colour, unknown option '--colour'",
    "--runtime=/, / is no JDK"
  })
  void wrongOptionsAreToldBeforeAnythingIsDone(String option, String reason) throws Exception {
    Tool.Outcome outcome = PackageFile.build(option);

    assertThat(outcome.code()).isOne();
    assertThat(outcome.output()).startsWith("package: " + reason).hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource({
    "Linux, riscv64, 25.0.3, has no folder jmods",
    "Darwin, x86_64, 25.0.3, is for Darwin",
    "Linux, x86_64, 21.0.1, is version 21.0.1: 25 or newer is needed"
  })
  void aRuntimeThatCannotBeUsedIsToldWithTheRemedy(
      String system, String architecture, String version, String reason) throws Exception {
    Files.writeString(
        folder.resolve("release"),
        "JAVA_VERSION=\"%s\"\nOS_ARCH=\"%s\"\nOS_NAME=\"%s\"\n"
            .formatted(version, architecture, system));

    Tool.Outcome outcome = PackageFile.build("--check", "--runtime", folder.toString());

    assertThat(outcome.code()).isOne();
    assertThat(outcome.output()).contains(folder + " " + reason).hasLineCount(1);
  }

  /** The units' own paths, in a root of their own. */
  @Test
  void systemdTakesTheUnits() throws Exception {
    Assumptions.assumeTrue(
        Tool.exists("systemd-analyze"), "needs systemd-analyze (package systemd)");
    Path root = folder.resolve("root");
    Path units = Files.createDirectories(root.resolve("etc/systemd/system"));
    Files.createDirectories(root.resolve("opt"));
    Files.createDirectories(root.resolve("usr/lib/systemd/system"));
    var _ = Tool.call("cp", "-a", home.toString(), root.resolve("opt/llama-mesh").toString());
    List<String> names;
    try (Stream<Path> files = Files.list(home.resolve("systemd"))) {
      names = files.map(file -> file.getFileName().toString()).sorted().toList();
    }
    assertThat(names).hasSize(3);
    for (String name : names) {
      Files.copy(home.resolve("systemd").resolve(name), units.resolve(name));
      for (String target :
          List.of("network-online.target", "basic.target", "sysinit.target", "shutdown.target")) {
        Path there = root.resolve("usr/lib/systemd/system").resolve(target);
        if (!Files.exists(there)) {
          Files.writeString(there, "[Unit]\nDescription=" + target + "\n");
        }
      }

      Tool.Outcome verified =
          Tool.run(
              Map.of("PATH", Tool.path()),
              List.of("systemd-analyze", "verify", "--man=no", "--root=" + root, name));

      assertThat(verified.code()).as(name + ": " + verified.output()).isZero();
      assertThat(verified.output()).doesNotContain(name);
    }
  }
}
