package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.operator.resources.Images;
import io.llamamesh.operator.resources.MeshObjects;
import io.llamamesh.operator.resources.Owner;
import io.llamamesh.operator.resources.PodSettings;
import io.llamamesh.operator.resources.PodUser;
import io.llamamesh.testkit.chart.Chart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What README, guide and the kind example tell a newcomer to type is about files, names, images and
 * ports that there are.
 */
class NewcomerTest {
  private static final String KIND = "examples/kind/README.md";
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```sh\\n(.*?)^```");
  private static final Pattern INLINE =
      Pattern.compile("`((?:kubectl|helm|kind|docker|\\./llama-mesh) [^`]*)`");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#]+)(?:#[^)]*)?\\)");
  private static final Pattern PLACE =
      Pattern.compile("(?:^|[\\s=])((?:examples|charts|docs|crds|images)/[^\\s`'\"{}:,;)]+)");
  private static final Pattern TAR =
      Pattern.compile("images/target/(\\w+|\\$i)-(amd64|arm64|ARCH)-image[.]tar");
  private static final Pattern INSTALL =
      Pattern.compile("helm (?:install|upgrade) (\\S+) (\\S+) -n (\\S+)(?:.* -f (\\S+))?");
  private static final Pattern FORWARD =
      Pattern.compile("kubectl port-forward -n (\\S+) service/(\\S+) (\\d+)");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "README.md",
        KIND,
        "examples/bare-metal/README.md",
        "examples/outside/README.md",
        "examples/compose/README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "docs/architecture.md",
        "docs/glossary.md",
        "docs/adr/README.md",
        "docs/guide/clusters.md",
        "docs/guide/running.md",
        "docs/guide/troubleshooting.md",
        "docs/guide/api.md",
        "docs/guide/e2e.md",
        "docs/guide/from-llama.md",
        "docs/guide/matrix.md",
        "docs/guide/measuring.md",
        "docs/guide/stores.md",
        "docs/guide/queries.md",
        "docs/releasing.md",
        "docs/guide/outside.md",
        "docs/guide/bounds.md",
        "docs/guide/fabric.md",
        "docs/benchmarks.md"
      })
  void whatIsNamedIsThere(String page) throws IOException {
    String text = Files.readString(Chart.ROOT.resolve(page));
    Path folder = Objects.requireNonNull(Chart.ROOT.resolve(page).getParent());
    Matcher link = LINK.matcher(text);
    while (link.find()) {
      if (!link.group(1).contains("://")) {
        assertThat(folder.resolve(link.group(1))).as(page).exists();
      }
    }
    String launcher = Files.readString(Chart.ROOT.resolve("llama-mesh"));
    for (String command : commands(text)) {
      Matcher place = PLACE.matcher(command);
      while (place.find()) {
        if (TAR.matcher(place.group(1)).matches()) {
          assertThat(command).contains("image.tar");
        } else {
          assertThat(Chart.ROOT.resolve(place.group(1))).as(command).exists();
        }
      }
      Matcher own = Pattern.compile("\\./llama-mesh (\\w+)").matcher(command);
      while (own.find()) {
        assertThat(launcher).as(command).containsPattern("(?m)^  " + own.group(1) + "\\b");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"README.md", KIND})
  void theNamespaceAllowsAgentsBeforeThereAreAny(String page) throws IOException {
    String text = String.join("\n", commands(Files.readString(Chart.ROOT.resolve(page))));
    Matcher install = INSTALL.matcher(text);
    assertThat(install.find()).isTrue();
    String namespace = install.group(3);

    assertThat(text.substring(0, install.start()))
        .containsSubsequence(
            "kubectl create namespace " + namespace,
            "kubectl label namespace "
                + namespace
                + " pod-security.kubernetes.io/enforce=privileged");
    String rendering = Chart.render(Chart.ROOT.resolve(install.group(4)));
    assertThat(Chart.the(rendering, "LlamaMesh", "default").at("/metadata/namespace").asText())
        .isEqualTo(namespace);
    assertThat(install.group(1)).isEqualTo(Chart.RELEASE);
    assertThat(Chart.ROOT.resolve(install.group(2))).isDirectoryContaining("glob:**/Chart.yaml");
  }

  /** Images are loaded into the nodes, so nodes must not be told to pull them. */
  @Test
  void theImagesThatAreLoadedAreTheOnesThatRun() throws IOException {
    String kind = Files.readString(Chart.ROOT.resolve(KIND));
    Matcher loop = Pattern.compile("for i in ([\\w ]+); do").matcher(kind);
    assertThat(loop.find()).isTrue();
    assertThat(kind).contains("kind load image-archive --name llama-mesh images/target/$i-amd64-");
    List<String> loaded =
        Arrays.stream(loop.group(1).split(" "))
            // As the images' module names them, see its own test.
            .map(name -> "llama-mesh-" + name + ":" + System.getProperty("llamamesh.version"))
            .toList();

    JsonNode operator =
        Chart.the(
                Chart.render(Chart.ROOT.resolve("examples/values/mesh.yaml")),
                "Deployment",
                "llama-mesh-operator")
            .at("/spec/template/spec/containers/0");
    List<String> run = new ArrayList<>(List.of(operator.path("image").asText()));
    operator
        .path("args")
        .valueStream()
        .map(JsonNode::asText)
        .filter(arg -> arg.matches("--(agent|scraper)-image=.*"))
        .forEach(arg -> run.add(arg.substring(arg.indexOf('=') + 1)));

    assertThat(run).containsExactlyInAnyOrderElementsOf(loaded);
    assertThat(operator.path("imagePullPolicy").asText()).isEqualTo("IfNotPresent");
    // Without a policy Kubernetes pulls what is tagged `latest` only.
    assertThat(run).noneMatch(image -> image.endsWith(":latest"));
    assertThat(workloads().toString()).doesNotContain("imagePullPolicy=Always");
  }

  @ParameterizedTest
  @ValueSource(strings = {KIND, "charts/llama-mesh/templates/NOTES.txt"})
  void thePageIsWherePortForwardLooksForIt(String page) throws IOException {
    String text =
        Files.readString(Chart.ROOT.resolve(page))
            .replace("{{ $at }}", Chart.NAMESPACE)
            .replace("{{ $mesh }}", "default");
    Matcher forward = FORWARD.matcher(text);
    assertThat(forward.find()).isTrue();

    assertThat(forward.group(1)).isEqualTo(Chart.NAMESPACE);
    Service service = of(Service.class, forward.group(2));
    assertThat(service.getSpec().getPorts())
        .anyMatch(port -> port.getPort().toString().equals(forward.group(3)));
    // It connects to the pod's loopback interface, where a program bound to the pod's address is
    // not.
    assertThat(
            of(Deployment.class, "default-scraper")
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .getArgs())
        .contains("--port=" + forward.group(3))
        .noneMatch(arg -> arg.startsWith("--bind"));
  }

  @Test
  void theClusterOfKindHasTheNodesThatTheExampleSpeaksOf() throws IOException {
    String text = Files.readString(Chart.ROOT.resolve(KIND));
    JsonNode cluster =
        Chart.YAML.readTree(Chart.ROOT.resolve("examples/kind/cluster.yaml").toFile());

    assertThat(cluster.path("kind").asText()).isEqualTo("Cluster");
    assertThat(cluster.path("apiVersion").asText()).isEqualTo("kind.x-k8s.io/v1alpha4");
    List<String> containers = new ArrayList<>();
    int workers = 0;
    for (JsonNode node : cluster.path("nodes")) {
      String role = node.path("role").asText();
      assertThat(role).isIn("control-plane", "worker");
      workers += role.equals("worker") ? 1 : 0;
      containers.add("llama-mesh-" + role + (workers > 1 ? workers : ""));
    }
    assertThat(text).contains("READY and REPORTING are " + containers.size());
    Matcher name = Pattern.compile("kind \\w+ [^\\n]*--name (\\S+?)[`\\s]").matcher(text);
    while (name.find()) {
      assertThat(name.group(1)).isEqualTo("llama-mesh");
    }
    Matcher exec = Pattern.compile("docker exec (\\S+)").matcher(text);
    while (exec.find()) {
      assertThat(containers).contains(exec.group(1));
    }
  }

  private static List<String> commands(String text) {
    List<String> commands = new ArrayList<>();
    Matcher block = BLOCK.matcher(text);
    while (block.find()) {
      block.group(1).lines().forEach(commands::add);
    }
    Matcher inline = INLINE.matcher(text);
    while (inline.find()) {
      commands.add(inline.group(1));
    }
    return commands;
  }

  private static List<HasMetadata> workloads() {
    MeshSettings spec = MeshSettings.defaults();
    return MeshObjects.of(
        new Owner(Chart.NAMESPACE, "default", "uid"),
        spec,
        new PodSettings(new Images("agent:1", "scraper:1", "registry:1"), PodUser.FIXED));
  }

  private static <T extends HasMetadata> T of(Class<T> type, String name) {
    return workloads().stream()
        .filter(type::isInstance)
        .map(type::cast)
        .filter(object -> object.getMetadata().getName().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + type.getSimpleName() + " " + name));
  }
}
