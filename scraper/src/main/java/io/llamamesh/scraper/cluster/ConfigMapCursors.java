package io.llamamesh.scraper.cluster;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.llamamesh.crd.Names;
import io.llamamesh.results.WindowCursor;
import java.util.Map;

/**
 * Cursors in ConfigMap {@code <mesh>-scraper-cursors}, key {@value #KEY}; made where it is missing.
 */
public final class ConfigMapCursors implements CursorStore {
  static final String KEY = "cursors.json";

  private final KubernetesClient client;
  private final String namespace;
  private final String mesh;

  /**
   * @param client not closed by this
   */
  public ConfigMapCursors(KubernetesClient client, String namespace, String mesh) {
    this.client = client;
    this.namespace = namespace;
    this.mesh = mesh;
  }

  /** Name of a mesh's ConfigMap. */
  static String name(String mesh) {
    return Names.scraper(mesh) + "-cursors";
  }

  @Override
  public Map<String, WindowCursor> load() {
    ConfigMap found = resource().get();
    return found == null || found.getData() == null
        ? Map.of()
        : CursorsJson.read(found.getData().getOrDefault(KEY, "{}"));
  }

  @Override
  public void save(Map<String, WindowCursor> cursors) {
    Map<String, String> data = Map.of(KEY, CursorsJson.write(cursors));
    if (resource().get() != null) {
      resource().edit(found -> new ConfigMapBuilder(found).withData(data).build());
      return;
    }
    client
        .configMaps()
        .inNamespace(namespace)
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName(name(mesh))
                .withNamespace(namespace)
                .withLabels(Names.labels(mesh, Names.Component.SCRAPER))
                .endMetadata()
                .withData(data)
                .build())
        .create();
  }

  private Resource<ConfigMap> resource() {
    return client.configMaps().inNamespace(namespace).withName(name(mesh));
  }
}
