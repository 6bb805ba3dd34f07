package io.llamamesh.crd;

import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRuleBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Makes the CRD from the types, and adds what annotations can't say: which lists are maps or sets,
 * and how long map values may be.
 */
final class CrdGeneration {
  /** In the order in which people read them; the generator sorts by path. */
  private static final List<String> COLUMNS =
      List.of(
          "NODES",
          "READY",
          "REPORTING",
          "LOSS%",
          "NETWORK",
          "SUSPECT",
          "OBSERVED",
          "AGE",
          "P99",
          "WORST");

  private CrdGeneration() {}

  static String yaml() {
    CustomResourceDefinition crd = generate();
    JSONSchemaProps root = crd.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();
    JSONSchemaProps spec = at(root, "spec");
    JSONSchemaProps status = at(root, "status");
    listMap(at(spec, "groups"), "name");
    listMap(at(spec, "groups", "targets"), "name");
    listMap(at(spec, "ports"), "name");
    listMap(at(status, "conditions"), "type");
    at(status, "observedAt").setFormat("date-time");
    // On reading, since what is created has no status: that nobody has looked at it yet is said.
    status.setDefault(
        JsonNodeFactory.instance
            .objectNode()
            .put("observedGeneration", LlamaMeshStatus.NOT_OBSERVED));
    at(spec, "probes", "ports").setXKubernetesListType("set");
    at(spec, "ipFamilies").setXKubernetesListType("set");
    at(spec, "reflector", "acceptUnkeyed").setXKubernetesListType("set");
    at(spec, "collector", "acceptUnauthenticated").setXKubernetesListType("set");
    at(spec, "imagePullSecrets").setXKubernetesListType("set");
    texts(at(spec, "imagePullSecrets").getItems().getSchema(), 253);
    at(spec, "imagePullSecrets")
        .getItems()
        .getSchema()
        .setPattern(LlamaMeshSpec.OBJECT_NAME_PATTERN);
    texts(at(spec, "probes", "ports").getItems().getSchema(), 40);
    texts(at(spec, "reflector", "acceptUnkeyed").getItems().getSchema(), 64);
    texts(at(spec, "collector", "acceptUnauthenticated").getItems().getSchema(), 64);
    for (JSONSchemaProps map :
        List.of(
            at(spec, "tagLabels"),
            at(spec, "groups", "tags"),
            at(spec, "groups", "targets", "tags"),
            at(spec, "agent", "nodeSelector"),
            at(spec, "scraper", "nodeSelector"))) {
      texts(map.getAdditionalProperties().getSchema(), 512);
    }
    quantities(at(spec, "agent", "resources"));
    quantities(at(spec, "scraper", "resources"));
    bound(root);
    JSONSchemaProps unavailable = at(spec, "agent", "maxUnavailable");
    unavailable.setMinimum(0.0);
    unavailable.setMaximum((double) Integer.MAX_VALUE);
    unavailable.setPattern("^[0-9]{1,3}%$");
    JSONSchemaProps percent = at(spec, "alerts", "lossPercent");
    percent.setType(null);
    percent.setXKubernetesIntOrString(true);
    percent.setMaxLength(16L);
    percent.setDefault(IntNode.valueOf(1));
    percent.setXKubernetesValidations(
        List.of(
            new ValidationRuleBuilder()
                .withRule(
                    "isQuantity(string(self)) && quantity(string(self)).compareTo(quantity('0')) >= 0"
                        + " && quantity(string(self)).compareTo(quantity('100')) <= 0")
                .withMessage("lossPercent must be from 0 to 100, as 1 or \"0.5\"")
                .build()));
    dropDoubledRules(root);
    CustomResourceDefinitionVersion version = crd.getSpec().getVersions().getFirst();
    version.setAdditionalPrinterColumns(
        version.getAdditionalPrinterColumns().stream()
            .sorted(Comparator.comparing(column -> COLUMNS.indexOf(column.getName())))
            .toList());
    version.getAdditionalPrinterColumns().forEach(CrdGeneration::leaveOutZero);
    return HEADER + new KubernetesSerialization().asYaml(crd).replaceFirst("^---\n", "");
  }

  /** As the API server stores it: what differs from that is a conflict with who applied it. */
  private static void leaveOutZero(CustomResourceColumnDefinition column) {
    if (column.getPriority() != null && column.getPriority() == 0) {
      column.setPriority(null);
    }
  }

  private static final String HEADER =
      "# Generated from io.llamamesh.crd.LlamaMesh; the build fails when the two differ and says how to renew it.\n";

  private static CustomResourceDefinition generate() {
    Map<String, ByteArrayOutputStream> written = new java.util.TreeMap<>();
    new CRDGenerator()
        .customResourceClasses(LlamaMesh.class)
        .forCRDVersions("v1")
        .withOutput(
            new CRDGenerator.AbstractCRDOutput<>() {
              @Override
              protected ByteArrayOutputStream createStreamFor(String name) {
                return written.computeIfAbsent(name, n -> new ByteArrayOutputStream());
              }

              @Override
              public java.net.URI crdURI(String name) {
                return java.net.URI.create("file:///" + name);
              }
            })
        .detailedGenerate();
    if (written.size() != 1) {
      throw new IllegalStateException("expected one CRD, got " + written.keySet());
    }
    return new KubernetesSerialization()
        .unmarshal(
            written.values().iterator().next().toString(StandardCharsets.UTF_8),
            CustomResourceDefinition.class);
  }

  private static JSONSchemaProps at(JSONSchemaProps schema, String... path) {
    JSONSchemaProps at = schema;
    for (String name : path) {
      if (at.getItems() != null) {
        at = at.getItems().getSchema();
      }
      at = at.getProperties().get(name);
      if (at == null) {
        throw new IllegalStateException("the generated schema has no " + String.join(".", path));
      }
    }
    return at;
  }

  /**
   * The generator reads the annotation of a record's component twice, from its field and its
   * accessor.
   */
  private static void dropDoubledRules(JSONSchemaProps schema) {
    if (schema.getXKubernetesValidations() != null) {
      schema.setXKubernetesValidations(
          schema.getXKubernetesValidations().stream().distinct().toList());
    }
    if (schema.getProperties() != null) {
      schema.getProperties().values().forEach(CrdGeneration::dropDoubledRules);
    }
    if (schema.getItems() != null) {
      dropDoubledRules(schema.getItems().getSchema());
    }
  }

  private static void listMap(JSONSchemaProps list, String key) {
    list.setXKubernetesListType("map");
    list.setXKubernetesListMapKeys(List.of(key));
    JSONSchemaProps items = list.getItems().getSchema();
    // The API server refuses a CRD whose list-map key is neither required nor defaulted.
    Set<String> required =
        new TreeSet<>(items.getRequired() == null ? List.of() : items.getRequired());
    required.add(key);
    items.setRequired(List.copyOf(required));
  }

  /** Without a pattern the server takes any text, and no text at all. */
  private static void quantities(JSONSchemaProps resources) {
    for (String map : List.of("requests", "limits")) {
      JSONSchemaProps quantity = at(resources, map).getAdditionalProperties().getSchema();
      quantity.setPattern(LlamaMeshSpec.QUANTITY_PATTERN);
      quantity.setMaxLength((long) LlamaMeshSpec.MAX_QUANTITY);
      quantity.setMinimum(0.0);
    }
  }

  /** The server takes integers of any length; ours have 32 bits where nothing says less. */
  private static void bound(JSONSchemaProps schema) {
    if ("integer".equals(schema.getType()) && schema.getMaximum() == null) {
      schema.setMaximum((double) Integer.MAX_VALUE);
    }
    if (schema.getProperties() != null) {
      schema.getProperties().values().forEach(CrdGeneration::bound);
    }
    if (schema.getItems() != null) {
      bound(schema.getItems().getSchema());
    }
  }

  private static void texts(JSONSchemaProps text, long maxLength) {
    text.setMaxLength(maxLength);
  }
}
