package io.llamamesh.operator.resources;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.Names.Component;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last spec of a mesh that was accepted, kept in a ConfigMap: with a later one refused and the
 * operator restarted, what runs must still go on as it was.
 */
public final class AcceptedSpecConfigMap {
  static final String KEY = "spec.json";

  private static final JsonMapper JSON =
      JsonMapper.builder()
          // An older operator must read what a newer one left.
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private AcceptedSpecConfigMap() {}

  /** Name of the ConfigMap. A node's has a dot after the mesh's name, so they never meet. */
  public static String name(String mesh) {
    return mesh + "-accepted";
  }

  /** The ConfigMap as it shall be. */
  public static ConfigMap of(Owner owner, LlamaMeshSpec spec) {
    try {
      return empty(owner).withData(Map.of(KEY, JSON.writeValueAsString(spec))).build();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a spec that was read must be writable", e);
    }
  }

  private static ConfigMapBuilder empty(Owner owner) {
    return new ConfigMapBuilder()
        .withMetadata(owner.metadata(name(owner.name()), Component.CONFIG));
  }

  /**
   * The spec in it, or null where it holds none that can be read, or is not the mesh's.
   *
   * @param owner the mesh
   */
  public static @Nullable LlamaMeshSpec read(Owner owner, @Nullable ConfigMap map) {
    if (map == null || !Ownership.isOurs(map, empty(owner).build())) {
      return null;
    }
    return read(map);
  }

  private static @Nullable LlamaMeshSpec read(ConfigMap map) {
    String json = map.getData() == null ? null : map.getData().get(KEY);
    try {
      return json == null ? null : JSON.readValue(json, LlamaMeshSpec.class);
    } catch (JsonProcessingException e) {
      return null;
    }
  }
}
