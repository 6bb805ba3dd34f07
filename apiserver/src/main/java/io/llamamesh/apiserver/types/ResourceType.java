package io.llamamesh.apiserver.types;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.apiserver.schema.Schema;
import java.util.List;

/**
 * One version of one resource.
 *
 * @param group empty for the core group
 * @param plural as in paths, {@code daemonsets}
 * @param hasStatus whether {@code /status} is written apart from the rest
 * @param countsGeneration whether a change of the spec raises {@code metadata.generation}
 * @param custom whether a CustomResourceDefinition made it
 * @param columns {@code additionalPrinterColumns} of a custom resource, as they stand there
 */
public record ResourceType(
    String group,
    String version,
    String plural,
    String singular,
    String kind,
    List<String> shortNames,
    List<String> categories,
    boolean namespaced,
    boolean hasStatus,
    boolean countsGeneration,
    boolean custom,
    Schema schema,
    JsonNode columns) {

  /** {@code apps/v1}, or {@code v1} in the core group. */
  public String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  /** {@code daemonsets.apps}: the same for every version of a resource. */
  public String bucket() {
    return group.isEmpty() ? plural : plural + "." + group;
  }

  /** Whether this is the resource of that group. */
  public boolean is(String ofGroup, String ofPlural) {
    return group.equals(ofGroup) && plural.equals(ofPlural);
  }
}
