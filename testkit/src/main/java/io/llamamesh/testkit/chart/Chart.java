package io.llamamesh.testkit.chart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The chart of this repository, rendered by the real Helm. */
public final class Chart {
  /** The repository, from the folder of a module. */
  public static final Path ROOT = Path.of("..");

  public static final Path FOLDER = ROOT.resolve("charts/llama-mesh");
  public static final String RELEASE = "llama-mesh";
  private static final String OLDEST_KUBERNETES = "1.33.0";
  public static final String NAMESPACE = "llama-mesh";
  public static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  private Chart() {}

  public static Helm helm() {
    return new Helm(FOLDER);
  }

  /** Renders with single values, as {@code --set}; without the CRD. */
  public static String render(Map<String, ?> values) {
    return render(helm(), values);
  }

  /** The same of another chart. */
  public static String render(Helm chart, Map<String, ?> values) {
    var command = template(chart);
    values.forEach(command::set);
    return command.call();
  }

  /** The same as a release of another namespace. */
  public static String render(String namespace, Map<String, ?> values) {
    var command = template().withNamespace(namespace);
    values.forEach(command::set);
    return command.call();
  }

  /** Renders with a file of values; without the CRD. */
  public static String render(Path values) {
    return template().withValuesFile(values.toAbsolutePath()).call();
  }

  /**
   * The hooks as plain objects: Helm keeps them out of a rendering, so this renders a copy of the
   * chart where they are none.
   */
  public static String renderHooks(Path scratch, Map<String, ?> values) throws IOException {
    Path copy = scratch.resolve("llama-mesh");
    copyTo(copy, text -> text.replace("helm.sh/hook: ", "llamamesh.io/hook: "));
    var command = template(new Helm(copy.toAbsolutePath()));
    values.forEach(command::set);
    return objects(command.call()).stream()
        .filter(o -> o.at("/metadata/annotations").has("llamamesh.io/hook"))
        .map(JsonNode::toString)
        .collect(Collectors.joining("\n---\n"));
  }

  /**
   * Renders a chart that has this one as a dependency with {@code condition: llama-mesh.enabled}.
   */
  public static String renderAsDependency(Path scratch, Map<String, ?> values) throws IOException {
    Path parent = Files.createDirectories(scratch.resolve("parent"));
    JsonNode own = YAML.readTree(Files.readString(FOLDER.resolve("Chart.yaml")));
    Files.writeString(
        parent.resolve("Chart.yaml"),
        """
        apiVersion: v2
        name: parent
        version: 1.0.0
        dependencies:
          - name: llama-mesh
            version: "%s"
            condition: llama-mesh.enabled
        """
            .formatted(own.path("version").asText()));
    copyTo(parent.resolve("charts/llama-mesh"), text -> text);
    var command = template(new Helm(parent.toAbsolutePath()));
    values.forEach(command::set);
    // Nothing at all is null.
    return Objects.requireNonNullElse(command.call(), "");
  }

  private static void copyTo(Path folder, UnaryOperator<String> edit) throws IOException {
    try (Stream<Path> files = Files.walk(FOLDER)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path target = folder.resolve(FOLDER.relativize(file).toString());
        Files.createDirectories(Objects.requireNonNull(target.getParent()));
        Files.writeString(target, edit.apply(Files.readString(file)));
      }
    }
  }

  /** Renders for a cluster of that version of Kubernetes; without the CRD. */
  public static String renderFor(String kubernetes) {
    return template().withKubeVersion(kubernetes).call();
  }

  private static TemplateCommand template() {
    return template(helm());
  }

  private static TemplateCommand template(Helm helm) {
    return helm.template()
        .withName(RELEASE)
        .withNamespace(NAMESPACE)
        .withKubeVersion(OLDEST_KUBERNETES)
        .skipCrds();
  }

  /** The objects of a rendering. */
  public static List<JsonNode> objects(String yaml) {
    List<JsonNode> objects = new ArrayList<>();
    try (var documents = YAML.readerFor(JsonNode.class).<JsonNode>readValues(yaml)) {
      while (documents.hasNextValue()) {
        JsonNode document = documents.nextValue();
        if (document.isObject()) {
          objects.add(document);
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException("not YAML: " + yaml, e);
    }
    return objects;
  }

  public static List<JsonNode> ofKind(String yaml, String kind) {
    return objects(yaml).stream().filter(o -> o.path("kind").asText().equals(kind)).toList();
  }

  public static JsonNode the(String yaml, String kind, String name) {
    Optional<JsonNode> found =
        ofKind(yaml, kind).stream().filter(o -> name(o).equals(name)).findFirst();
    return found.orElseThrow(() -> new AssertionError("no " + kind + " " + name + " in " + yaml));
  }

  public static String name(JsonNode object) {
    return object.at("/metadata/name").asText();
  }

  /** Kind and name, ordered. */
  public static List<String> names(String yaml) {
    return objects(yaml).stream()
        .map(o -> o.path("kind").asText() + " " + name(o))
        .sorted(Comparator.naturalOrder())
        .toList();
  }
}
