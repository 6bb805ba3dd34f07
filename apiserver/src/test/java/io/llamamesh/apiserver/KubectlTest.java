package io.llamamesh.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.llamamesh.apiserver.journal.RequestJournal;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubectlTest {
  private static final long TIMEOUT_SECONDS = 60;
  @TempDir Path folder;
  private FakeApiServer server;

  @BeforeAll
  static void kubectlIsHere() {
    boolean there =
        Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
            .anyMatch(dir -> Files.isExecutable(Path.of(dir, "kubectl")));
    assumeTrue(there, "kubectl is not on the PATH");
  }

  @BeforeEach
  void start() throws Exception {
    server = FakeApiServer.start();
    Files.writeString(folder.resolve("kubeconfig"), server.kubeconfig("kubectl"));
    try (var crd = KubectlTest.class.getResourceAsStream("/widgets.yaml")) {
      Files.copy(Objects.requireNonNull(crd), folder.resolve("crd.yaml"));
    }
    assertThat(kubectl("apply", "-f", folder.resolve("crd.yaml").toString())).contains("created");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Process launch(Path output, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("kubectl", "--cache-dir", folder + "/cache"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("KUBECONFIG", folder.resolve("kubeconfig").toString());
    return builder.redirectOutput(output.toFile()).start();
  }

  private String kubectl(String... arguments) throws Exception {
    Path output = Files.createTempFile(folder, "out", ".txt");
    Process process = launch(output, arguments);
    try {
      assertThat(process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return Files.readString(output, StandardCharsets.UTF_8);
  }

  private String widget(int size, String mode) throws IOException {
    String yaml =
        """
        apiVersion: example.org/v1
        kind: Widget
        metadata: {name: w, namespace: default}
        spec: {size: %d, mode: %s}
        """
            .formatted(size, mode);
    return Files.writeString(folder.resolve("w.yaml"), yaml).toString();
  }

  @Test
  void customResourcesAreAppliedShownDescribedAndDeleted() throws Exception {
    assertThat(kubectl("apply", "--server-side", "-f", widget(3, "Fast")))
        .contains("serverside-applied");
    assertThat(kubectl("get", "wd").lines()).first().asString().matches("NAME +SIZE +READY +AGE");
    assertThat(kubectl("get", "widgets", "-o", "wide")).contains("COLOR").contains("red");
    assertThat(kubectl("get", "widget", "w", "-o", "yaml")).contains("kind: Widget", "depth: 7");
    assertThat(kubectl("describe", "widget", "w")).contains("Color:  red");
    assertThat(kubectl("delete", "widget", "w")).contains("deleted");
    assertThat(kubectl("get", "wd")).contains("No resources found");
  }

  @Test
  void applyByTheClientIsUnderstoodToo() throws Exception {
    assertThat(kubectl("apply", "-f", widget(3, "Fast"))).contains("created");
    assertThat(kubectl("apply", "-f", widget(4, "Fast"))).contains("configured");
    assertThat(kubectl("apply", "-f", widget(4, "Fast"))).contains("unchanged");
    assertThat(kubectl("apply", "--dry-run=server", "-f", widget(5, "Fast")))
        .contains("the stand-in has no dry run");
    assertThat(kubectl("apply", "-f", widget(44, "Fast")))
        .contains("spec.size in body should be less than or equal to 10");
    assertThat(kubectl("apply", "-f", widget(4, "Fast, colour: red")))
        .contains("unknown field \"spec.colour\"");
  }

  @Test
  void builtInResourcesAreListed() throws Exception {
    assertThat(kubectl("get", "nodes,pods,cm,ds,ns"))
        .contains("namespace/default")
        .doesNotContain("error");
    assertThat(kubectl("api-resources")).contains("daemonsets").contains("widgets");
    assertThat(kubectl("get", "all", "-A")).contains("No resources found");
    assertThat(kubectl("get", "ns").lines()).first().asString().matches("NAME +STATUS +AGE");
  }

  @Test
  void aWatchShowsChangesAsTheyCome() throws Exception {
    Path output = folder.resolve("watch.txt");
    Process watch = launch(output, "get", "wd", "-w");
    try {
      kubectl("apply", "--server-side", "-f", widget(3, "Fast"));
      await().until(() -> Files.readString(output).contains("3"));
      kubectl("apply", "--server-side", "-f", widget(7, "Fast"));
      await().until(() -> Files.readString(output).contains("7"));
    } finally {
      watch.destroyForcibly().waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }
  }

  @Test
  void theJournalKnowsKubectlByName() throws Exception {
    kubectl("get", "wd");

    assertThat(server.journal().counts())
        .containsKey(new RequestJournal.Request("kubectl", "list", "widgets.example.org"));
  }
}
