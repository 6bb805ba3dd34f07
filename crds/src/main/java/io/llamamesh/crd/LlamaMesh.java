package io.llamamesh.crd;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;
import java.io.Serial;

/**
 * A mesh of agents that probe each other: the one resource that drives everything.
 *
 * <p>What is absent from the spec is absent here too; what absence means is {@link MeshDefaults}'.
 */
@Group(Names.GROUP)
@Version("v1alpha1")
@Kind("LlamaMesh")
@Plural("llamameshes")
@Singular("llamamesh")
@ShortNames({"lm", "llama"})
@AdditionalPrinterColumn(
    name = "NODES",
    jsonPath = ".status.nodes",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "READY",
    jsonPath = ".status.agentsReady",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "REPORTING",
    jsonPath = ".status.agentsReporting",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "LOSS%",
    jsonPath = ".status.lossPercent",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "NETWORK",
    jsonPath = ".status.conditions[?(@.type==\"NetworkHealthy\")].reason",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "SUSPECT",
    jsonPath = ".status.suspects[0].name",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "OBSERVED",
    jsonPath = ".status.observedAt",
    type = AdditionalPrinterColumn.Type.DATE)
@AdditionalPrinterColumn(
    name = "AGE",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@AdditionalPrinterColumn(
    name = "P99",
    jsonPath = ".status.rttP99",
    type = AdditionalPrinterColumn.Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(
    name = "WORST",
    jsonPath = ".status.worstPairs[0].pair",
    type = AdditionalPrinterColumn.Type.STRING,
    priority = 1)
@ValidationRule(
    value =
        "self.metadata.name.size() <= 40 && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    message =
        "metadata.name must have at most 40 characters of a-z, 0-9 and '-', begin with a letter and not end with '-': it becomes part of other names")
public final class LlamaMesh extends CustomResource<LlamaMeshSpec, LlamaMeshStatus>
    implements Namespaced {
  @Serial private static final long serialVersionUID = 1L;

  @Override
  protected LlamaMeshSpec initSpec() {
    return LlamaMeshSpec.EMPTY;
  }
}
