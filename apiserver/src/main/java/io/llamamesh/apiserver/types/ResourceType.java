package io.llamamesh.apiserver.types;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.apiserver.rules.RuleTree;
import java.util.List;

/**
 * One version of one resource.
 *
 * @param group empty for the core group
 * @param plural as in paths, {@code daemonsets}
 * @param isNamespaced whether objects lie in namespaces
 * @param hasStatus whether {@code /status} is written apart from the rest
 * @param countsGeneration whether a change of the spec raises {@code metadata.generation}
 * @param isCustom whether a CustomResourceDefinition made it
 * @param schema {@code openAPIV3Schema} of a custom resource; missing for built-in ones, whose
 *     documents are taken as they come
 * @param rules {@code x-kubernetes-validations} of the schema, compiled
 * @param columns {@code additionalPrinterColumns} as a definition writes them
 */
public record ResourceType(
    String group,
    String version,
    String plural,
    String singular,
    String kind,
    List<String> shortNames,
    List<String> categories,
    boolean isNamespaced,
    boolean hasStatus,
    boolean countsGeneration,
    boolean isCustom,
    JsonNode schema,
    RuleTree rules,
    JsonNode columns) {

  /** {@code apps/v1}, or {@code v1} in the core group. */
  public String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  /** {@code daemonsets.apps}: the same for every version of a resource. */
  public String bucket() {
    return group.isEmpty() ? plural : plural + "." + group;
  }
}
