package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.keys.KeyService;
import java.util.Map;

/** The ConfigMap that says where keys of nodes are handed out, and by whom. */
public final class KeysConfigMap {
  private KeysConfigMap() {}

  /** The ConfigMap as it shall be. */
  public static ConfigMap of(Owner owner, KeyService service) {
    return new ConfigMapBuilder()
        .withMetadata(owner.metadata(Names.keysConfigMap(owner.name()), Component.CONFIG))
        .withData(Map.of(Names.KEY_SERVICE_KEY, service.toJson()))
        .build();
  }
}
