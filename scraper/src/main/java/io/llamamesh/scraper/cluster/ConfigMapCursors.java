package io.llamamesh.scraper.cluster;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.llamamesh.crd.Names;
import java.util.Map;

/**
 * Cursor store in ConfigMap {@code <mesh>-scraper-cursors}, key {@value #KEY}, which is created if
 * it is missing, and deleted with the mesh.
 */
public final class ConfigMapCursors implements CursorStore {
  static final String KEY = "cursors.json";

  private final MeshOwner owner;

  public ConfigMapCursors(MeshOwner owner) {
    this.owner = owner;
  }

  /** Name of a mesh's ConfigMap. */
  static String name(String mesh) {
    return Names.scraper(mesh) + "-cursors";
  }

  @Override
  public Map<String, Bookmark> load() {
    ConfigMap found = resource().get();
    return found == null || found.getData() == null || !owner.owns(found)
        ? Map.of()
        : CursorsJson.read(found.getData().getOrDefault(KEY, "{}"));
  }

  @Override
  public void save(Map<String, Bookmark> bookmarks) {
    Map<String, String> data = Map.of(KEY, CursorsJson.write(bookmarks));
    ConfigMap present = resource().get();
    if (present == null) {
      owner
          .client()
          .configMaps()
          .inNamespace(owner.namespace())
          .resource(
              new ConfigMapBuilder()
                  .withMetadata(owner.metadata(name(owner.mesh())))
                  .withData(data)
                  .build())
          .create();
      return;
    }
    if (!owner.owns(present)) {
      throw new IllegalStateException(
          "ConfigMap "
              + name(owner.mesh())
              + " is not this mesh's: delete or rename it, else a restart reads all windows anew");
    }
    resource()
        .edit(found -> {
          ConfigMap edited = new ConfigMapBuilder(found).withData(data).build();
          if (!owner.owners().isEmpty()) {
            edited.getMetadata().setOwnerReferences(owner.owners());
          }
          return edited;
        });
  }

  private Resource<ConfigMap> resource() {
    return owner.client().configMaps().inNamespace(owner.namespace()).withName(name(owner.mesh()));
  }
}
