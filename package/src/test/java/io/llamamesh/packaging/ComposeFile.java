package io.llamamesh.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * A file of Docker Compose.
 *
 * @param document with anchors and merge keys resolved
 */
record ComposeFile(JsonNode document) {
  private static final Set<String> TOP = Set.of("name", "services", "secrets", "volumes");
  private static final Set<String> SERVICE =
      Set.of(
          "build",
          "cap_drop",
          "command",
          "depends_on",
          "environment",
          "image",
          "ports",
          "read_only",
          "restart",
          "secrets",
          "security_opt",
          "tmpfs",
          "volumes");
  private static final String PORT = "(127\\.0\\.0\\.1:)?\\d{1,5}:\\d{1,5}";

  static ComposeFile read(String text) {
    // Jackson's YAML does not know merge keys.
    Object loaded = new Yaml(new SafeConstructor(new LoaderOptions())).load(text);
    return new ComposeFile(new ObjectMapper().valueToTree(loaded));
  }

  /** Its services by name. */
  Map<String, JsonNode> services() {
    Map<String, JsonNode> services = new LinkedHashMap<>();
    document.path("services").properties().forEach(e -> services.put(e.getKey(), e.getValue()));
    return services;
  }

  /** A service's command. */
  static List<String> command(JsonNode service) {
    List<String> words = new ArrayList<>();
    service.path("command").forEach(word -> words.add(word.textValue()));
    return words;
  }

  /** Asserts what the Compose specification asks of the keys that are used, and no others are. */
  void assertValid(Path folder) {
    document
        .properties()
        .forEach(top ->
            assertThat(TOP.contains(top.getKey()) || top.getKey().startsWith("x-")).isTrue());
    for (Map.Entry<String, JsonNode> each : services().entrySet()) {
      ObjectNode service = (ObjectNode) each.getValue();
      assertThat(each.getKey()).matches("[a-z0-9][a-z0-9._-]*");
      assertThat(SERVICE).containsAll(names(service));
      assertThat(service.path("image").isTextual()).isTrue();
      assertThat(service.path("restart").asText()).isEqualTo("unless-stopped");
      service.path("command").forEach(word -> assertThat(word.isTextual()).isTrue());
      service.path("environment").forEach(value -> assertThat(value.isTextual()).isTrue());
      service
          .path("depends_on")
          .forEach(other -> assertThat(services()).containsKey(other.asText()));
      service
          .path("secrets")
          .forEach(secret ->
              assertThat(document.path("secrets").path(secret.asText()).path("file").isTextual())
                  .isTrue());
      service.path("ports").forEach(port -> assertThat(port.asText()).matches(PORT));
      for (JsonNode volume : service.path("volumes")) {
        String[] parts = volume.asText().split(":", -1);
        assertThat(document.path("volumes").has(parts[0])).as(volume.asText()).isTrue();
        assertThat(parts[1]).startsWith("/");
      }
      if (service.has("build")) {
        Path file =
            folder
                .resolve(service.at("/build/context").asText())
                .resolve(service.at("/build/dockerfile").asText());
        assertThat(file.normalize()).exists();
      }
    }
  }

  private static List<String> names(ObjectNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }
}
