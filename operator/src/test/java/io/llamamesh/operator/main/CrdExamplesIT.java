package io.llamamesh.operator.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.LlamaMeshSpec.Group;
import io.llamamesh.crd.LlamaMeshSpec.PortClass;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.testkit.junit.KubernetesCluster;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What the CRD takes and refuses, by the files of {@code examples/crd}: each of {@code refused}
 * says in its first line what the server answers, and has a namesake in {@code valid} that differs
 * in what matters. A file may hold several documents: all but the last are created before it.
 */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
final class CrdExamplesIT {
  private static final Path EXAMPLES = Path.of("../examples/crd");
  private static final String REFUSED = "# refused: ";

  private KubernetesClient client;

  @BeforeEach
  void start(KubernetesClient given) {
    client = given;
  }

  @Test
  void whatIsValidIsTaken() throws IOException {
    SoftAssertions softly = new SoftAssertions();
    for (Map.Entry<String, List<GenericKubernetesResource>> example :
        examples("valid").entrySet()) {
      softly
          .assertThatCode(() -> example.getValue().forEach(this::write))
          .as(example.getKey())
          .doesNotThrowAnyException();
    }
    softly.assertAll();
  }

  @Test
  void whatIsWrongIsRefusedWithTheWordsThatItsExampleTells() throws IOException {
    SoftAssertions softly = new SoftAssertions();
    for (Map.Entry<String, List<GenericKubernetesResource>> example :
        examples("refused").entrySet()) {
      List<GenericKubernetesResource> documents = example.getValue();
      documents.subList(0, documents.size() - 1).forEach(this::write);
      KubernetesClientException refusal =
          catchThrowableOfType(KubernetesClientException.class, () -> write(documents.getLast()));
      softly.assertThat(refusal).as(example.getKey()).isNotNull();
      if (refusal != null) {
        softly.assertThat(refusal.getCode()).as(example.getKey()).isEqualTo(422);
        softly
            .assertThat(refusal.getStatus().getMessage())
            .as(example.getKey())
            .contains(said(example.getKey()));
      }
    }
    softly.assertAll();
  }

  @Test
  void everyRefusedOneHasAValidNamesake() throws IOException {
    assertThat(examples("valid").keySet()).containsAll(examples("refused").keySet());
  }

  @Test
  void everyRuleOfTheCrdHasAnExampleThatPassesItAndOneThatDoesNot() throws IOException {
    Map<String, List<GenericKubernetesResource>> valid = examples("valid");
    List<String> refused = new ArrayList<>();
    for (String name : examples("refused").keySet()) {
      refused.add(name);
    }
    Map<String, List<String>> rules = rules();
    assertThat(rules).hasSizeGreaterThan(10);

    rules.forEach((message, path) -> {
      List<String> against =
          refused.stream().filter(name -> message.startsWith(said(name))).toList();
      assertThat(against).as("refused by the rule '" + message + "'").isNotEmpty();
      assertThat(against)
          .as("whose valid namesake has " + path)
          .anyMatch(name -> has(tree(Objects.requireNonNull(valid.get(name)).getLast()), path));
    });
  }

  @Test
  void anEmptySpecIsTheDefaultsAndLeavesNothingBesideOnesOwn() {
    LlamaMesh mesh = apply("{}");

    assertThat(MeshSettings.of(mesh.getSpec())).isEqualTo(MeshSettings.defaults());

    LlamaMeshSpec own =
        apply(
                """
                groups: [{name: workers}]
                ports: [{name: voice, dscp: 46}]
                """)
            .getSpec();
    assertThat(own.groups()).extracting(Group::name).containsExactly("workers");
    assertThat(own.ports()).extracting(PortClass::name).containsExactly("voice");
    assertThat(own.probes()).isNull();

    LlamaMeshSpec again = apply("{}").getSpec();
    assertThat(again.groups()).isNull();
    assertThat(again.ports()).isNull();
  }

  private LlamaMesh apply(String yaml) {
    LlamaMesh mesh = new LlamaMesh();
    mesh.getMetadata().setName("defaults");
    mesh.getMetadata().setNamespace(client.getNamespace());
    mesh.setSpec(Serialization.unmarshal(yaml.equals("{}") ? "{}" : yaml, LlamaMeshSpec.class));
    return client.resource(mesh).fieldManager("user").serverSideApply();
  }

  private void write(GenericKubernetesResource document) {
    document.getMetadata().setNamespace(client.getNamespace());
    var resource = client.resource(document);
    if (resource.get() == null) {
      resource.create();
    } else {
      resource.update();
    }
  }

  private static String said(String name) {
    try {
      String first = Files.readAllLines(EXAMPLES.resolve("refused").resolve(name)).getFirst();
      assertThat(first).as(name).startsWith(REFUSED).hasSizeGreaterThan(REFUSED.length() + 10);
      return first.substring(REFUSED.length());
    } catch (IOException e) {
      throw new AssertionError(name, e);
    }
  }

  private static Map<String, List<GenericKubernetesResource>> examples(String folder)
      throws IOException {
    Map<String, List<GenericKubernetesResource>> examples = new TreeMap<>();
    try (Stream<Path> files = Files.list(EXAMPLES.resolve(folder))) {
      for (Path file : files.toList()) {
        examples.put(
            file.getFileName().toString(),
            Stream.of(Files.readString(file).split("(?m)^---$", -1))
                .map(text -> Serialization.unmarshal(text.strip(), GenericKubernetesResource.class))
                .toList());
      }
    }
    assertThat(examples).isNotEmpty();
    return examples;
  }

  /** Messages of all rules, with the fields that lead to what they check. */
  private static Map<String, List<String>> rules() throws IOException {
    try (InputStream crd =
        Objects.requireNonNull(
            LlamaMesh.class.getResourceAsStream("llamameshes.llamamesh.io-v1.yaml"))) {
      JsonNode tree = Serialization.unmarshal(crd, JsonNode.class);
      Map<String, List<String>> rules = new LinkedHashMap<>();
      collect(tree.at("/spec/versions/0/schema/openAPIV3Schema"), List.of(), rules);
      return rules;
    }
  }

  private static void collect(JsonNode schema, List<String> path, Map<String, List<String>> rules) {
    schema
        .path("x-kubernetes-validations")
        .forEach(rule -> rules.put(rule.path("message").asText(), path));
    schema
        .path("properties")
        .properties()
        .forEach(property -> {
          List<String> longer = new ArrayList<>(path);
          longer.add(property.getKey());
          collect(property.getValue(), longer, rules);
        });
    if (schema.has("items")) {
      collect(schema.path("items"), path, rules);
    }
  }

  private static JsonNode tree(GenericKubernetesResource document) {
    return new KubernetesSerialization().convertValue(document, JsonNode.class);
  }

  private static boolean has(JsonNode node, List<String> path) {
    if (node.isArray()) {
      for (JsonNode item : node) {
        if (has(item, path)) {
          return true;
        }
      }
      return false;
    }
    return path.isEmpty()
        ? !node.isMissingNode()
        : has(node.path(path.getFirst()), path.subList(1, path.size()));
  }
}
