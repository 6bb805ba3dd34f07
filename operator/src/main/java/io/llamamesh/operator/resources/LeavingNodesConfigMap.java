package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import java.util.Map;
import java.util.SortedSet;

/**
 * The ConfigMap with the nodes that are leaving, for scrapers: they are measured and not judged. It
 * is there only while there are some.
 */
public final class LeavingNodesConfigMap {
  private LeavingNodesConfigMap() {}

  /** The ConfigMap as it shall be. */
  public static ConfigMap of(Owner owner, SortedSet<String> nodes) {
    return new ConfigMapBuilder()
        .withMetadata(owner.metadata(Names.leavingConfigMap(owner.name()), Component.CONFIG))
        .withData(Map.of(Names.LEAVING_KEY, String.join("\n", nodes)))
        .build();
  }
}
