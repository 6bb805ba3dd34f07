package io.llamamesh.operator.resources;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.operator.plan.OutsideTargets.NodeTarget;
import io.llamamesh.registration.RegistryClient.ListedProbe;
import io.llamamesh.results.ResultsJson;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ConfigMap of a mesh's registry: the nodes that registered probes get as targets, and the
 * probes that were registered last, which an operator that starts while the registry is away goes
 * on with.
 */
public final class RegistryConfigMap {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryConfigMap.class);
  private static final TypeReference<List<ListedProbe>> PROBES = new TypeReference<>() {};

  private RegistryConfigMap() {}

  /**
   * The ConfigMap as it shall be.
   *
   * @param nodes targets of registered probes, by group
   * @param reserved names that they may not take
   * @param probes those that are registered
   */
  public static ConfigMap of(
      Owner owner,
      SortedMap<String, List<NodeTarget>> nodes,
      List<String> reserved,
      List<ListedProbe> probes) {
    // In order: the same must be the same bytes, after a restart too.
    ObjectWriter json = ResultsJson.mapper().writer(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);
    try {
      return new ConfigMapBuilder()
          .withMetadata(owner.metadata(Names.registry(owner.name()), Component.CONFIG))
          .withData(
              Map.of(
                  Names.NODES_KEY,
                  json.writeValueAsString(Map.of("groups", nodes, "names", reserved)),
                  Names.PROBES_KEY,
                  json.writeValueAsString(probes)))
          .build();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("records of text can be written", e);
    }
  }

  /** The probes that were registered last; none where it does not say. */
  public static List<ListedProbe> probes(@Nullable ConfigMap map) {
    String text = map == null || map.getData() == null ? null : map.getData().get(Names.PROBES_KEY);
    if (text == null) {
      return List.of();
    }
    try {
      return ResultsJson.mapper().readValue(text, PROBES);
    } catch (JsonProcessingException e) {
      LOG.warn("last registered probes not readable error={}", e.getOriginalMessage());
      return List.of();
    }
  }
}
