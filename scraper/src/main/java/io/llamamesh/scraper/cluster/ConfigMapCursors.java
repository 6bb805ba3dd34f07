package io.llamamesh.scraper.cluster;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.llamamesh.crd.Names;
import java.util.Map;

/**
 * Bookmarks in ConfigMap {@code <mesh>-scraper-cursors}, key {@value #KEY}; made where it is
 * missing, and deleted with the mesh.
 */
public final class ConfigMapCursors implements CursorStore {
  static final String KEY = "cursors.json";

  private final Home home;

  public ConfigMapCursors(Home home) {
    this.home = home;
  }

  /** Name of a mesh's ConfigMap. */
  static String name(String mesh) {
    return Names.scraper(mesh) + "-cursors";
  }

  @Override
  public Map<String, Bookmark> load() {
    ConfigMap found = resource().get();
    return found == null || found.getData() == null || !home.owns(found)
        ? Map.of()
        : CursorsJson.read(found.getData().getOrDefault(KEY, "{}"));
  }

  @Override
  public void save(Map<String, Bookmark> bookmarks) {
    Map<String, String> data = Map.of(KEY, CursorsJson.write(bookmarks));
    ConfigMap present = resource().get();
    if (present == null) {
      home.client()
          .configMaps()
          .inNamespace(home.namespace())
          .resource(
              new ConfigMapBuilder()
                  .withMetadata(home.metadata(name(home.mesh())))
                  .withData(data)
                  .build())
          .create();
      return;
    }
    if (!home.owns(present)) {
      throw new IllegalStateException(
          "ConfigMap "
              + name(home.mesh())
              + " is not this mesh's: delete or rename it, else a restart reads all windows anew");
    }
    resource()
        .edit(found -> {
          ConfigMap edited = new ConfigMapBuilder(found).withData(data).build();
          if (!home.owners().isEmpty()) {
            edited.getMetadata().setOwnerReferences(home.owners());
          }
          return edited;
        });
  }

  private Resource<ConfigMap> resource() {
    return home.client().configMaps().inNamespace(home.namespace()).withName(name(home.mesh()));
  }
}
