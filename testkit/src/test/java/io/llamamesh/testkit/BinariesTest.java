package io.llamamesh.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BinariesTest {
  @TempDir private Path folder;

  @Test
  void aNamedFolderIsTakenAsItIs() throws IOException {
    for (String name :
        List.of("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")) {
      Path program = Files.createFile(folder.resolve(name));
      assertThat(program.toFile().setExecutable(true)).isTrue();
    }

    Binaries found = Binaries.find(Map.of("KUBEBUILDER_ASSETS", folder.toString()));

    assertThat(found.folder()).isEqualTo(folder);
    assertThat(found.missing()).isEmpty();
  }

  @Test
  void aNamedFolderThatLacksAProgramIsAnErrorThatNamesIt() throws IOException {
    Path etcd = Files.createFile(folder.resolve("etcd"));
    assertThat(etcd.toFile().setExecutable(true)).isTrue();

    assertThatThrownBy(() -> Binaries.find(Map.of("KUBEBUILDER_ASSETS", folder.toString())))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("kube-apiserver, kube-controller-manager, kube-scheduler");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cluster", "node"})
  void withoutGoABuildSaysInOneLineWhatToInstall(String what) throws Exception {
    Path script = Path.of(what, "build").toAbsolutePath();
    Path said = folder.resolve("said");
    ProcessBuilder build = new ProcessBuilder("/bin/bash", script.toString());
    // The usual tools, and no Go among them.
    Path tools = Files.createDirectory(folder.resolve("tools"));
    for (String tool : List.of("dirname", "readlink", "cat", "sha256sum", "cut")) {
      for (String place : List.of("/usr/bin", "/bin")) {
        Path there = Path.of(place, tool);
        if (Files.exists(there) && !Files.exists(tools.resolve(tool))) {
          Files.copy(there, tools.resolve(tool), StandardCopyOption.COPY_ATTRIBUTES);
        }
      }
    }
    build.environment().put("PATH", tools.toString());
    build.environment().put("XDG_CACHE_HOME", folder.toString());

    int code = build.redirectError(said.toFile()).start().waitFor();

    assertThat(Files.readAllLines(said)).singleElement().asString().contains("install Go 1.26");
    assertThat(code).isEqualTo(3);
  }
}
