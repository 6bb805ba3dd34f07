package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfigWriter;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A node's ConfigMap: its collector's config, and when it joined. */
public final class NodeConfigMap {
  private NodeConfigMap() {}

  /**
   * The ConfigMap as it shall be.
   *
   * @param documents writes its document, as those of all that are written at once
   */
  public static ConfigMap of(
      Owner owner,
      String node,
      CollectorConfig config,
      @Nullable Instant joined,
      CollectorConfigWriter documents) {
    Map<String, String> annotations = new TreeMap<>();
    annotations.put(Names.NODE_ANNOTATION, node);
    if (joined != null) {
      annotations.put(Names.JOINED_ANNOTATION, joined.toString());
    }
    return new ConfigMapBuilder()
        .withMetadata(
            owner.metadata(Names.nodeConfigMap(owner.name(), node), Component.CONFIG, annotations))
        .withData(Map.of(Names.CONFIG_KEY, documents.write(config)))
        .build();
  }

  /** The node that a ConfigMap is for, or null where it is not a node's. */
  public static @Nullable String node(ConfigMap map) {
    Map<String, String> annotations = map.getMetadata().getAnnotations();
    return annotations == null ? null : annotations.get(Names.NODE_ANNOTATION);
  }

  /** When its node joined, or null. A time that cannot be read counts as never. */
  public static @Nullable Instant joined(ConfigMap map) {
    Map<String, String> annotations = map.getMetadata().getAnnotations();
    String joined = annotations == null ? null : annotations.get(Names.JOINED_ANNOTATION);
    try {
      return joined == null ? null : Instant.parse(joined);
    } catch (java.time.format.DateTimeParseException e) {
      return null;
    }
  }
}
