package io.llamamesh.apiserver.types;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.rules.ResourceRules;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The resources served now. Any thread may call anything. */
public final class Catalog {
  private final Map<String, ResourceType> types = new ConcurrentSkipListMap<>();

  private final AtomicLong generation = new AtomicLong();

  /** The built-in resources. */
  public Catalog() {
    BuiltIns.all().forEach(this::put);
  }

  /** The resource at a path's group, version and plural, or null. */
  public @Nullable ResourceType find(String group, String version, String plural) {
    return types.get(id(group, version, plural));
  }

  /** The resource of that group in whatever version is served. */
  public @Nullable ResourceType anyVersion(String bucket) {
    for (ResourceType type : types.values()) {
      if (type.bucket().equals(bucket)) {
        return type;
      }
    }
    return null;
  }

  /** Everything served, ordered by group, version and plural. */
  public Collection<ResourceType> all() {
    return List.copyOf(types.values());
  }

  /** Another number after every change of what is served. */
  public long generation() {
    return generation.get();
  }

  /** Groups with their versions, the core group left out. */
  public Map<String, List<String>> groups() {
    Map<String, List<String>> groups = new TreeMap<>();
    for (ResourceType type : types.values()) {
      List<String> versions = groups.computeIfAbsent(type.group(), g -> new ArrayList<>());
      if (!versions.contains(type.version())) {
        versions.add(type.version());
      }
    }
    groups.remove("");
    return groups;
  }

  /** Serves what a CustomResourceDefinition defines, instead of what it defined before. */
  public void define(JsonNode definition) {
    JsonNode spec = definition.path("spec");
    JsonNode names = spec.path("names");
    String group = Json.text(spec, "group");
    String plural = Json.text(names, "plural");
    undefine(definition);
    for (JsonNode version : spec.path("versions")) {
      if (version.path("served").asBoolean()) {
        String kind = Json.text(names, "kind");
        JsonNode schema = version.path("schema").path("openAPIV3Schema");
        put(
            new ResourceType(
                group,
                Json.text(version, "name"),
                plural,
                names.path("singular").asText(kind.toLowerCase(Locale.ROOT)),
                kind,
                texts(names.path("shortNames")),
                texts(names.path("categories")),
                Json.text(spec, "scope").equals("Namespaced"),
                version.path("subresources").has("status"),
                true,
                true,
                schema,
                ResourceRules.compile(schema, "openAPIV3Schema").rules(),
                version.path("additionalPrinterColumns")));
      }
    }
  }

  /** Serves no longer what a CustomResourceDefinition defined. */
  public void undefine(JsonNode definition) {
    String group = Json.text(definition, "spec", "group");
    String plural = Json.text(definition, "spec", "names", "plural");
    types
        .values()
        .removeIf(
            type -> type.isCustom() && type.group().equals(group) && type.plural().equals(plural));
    generation.incrementAndGet();
  }

  private void put(ResourceType type) {
    generation.incrementAndGet();
    types.put(id(type.group(), type.version(), type.plural()), type);
  }

  private static String id(String group, String version, String plural) {
    return group + "/" + version + "/" + plural;
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(t -> texts.add(t.asText()));
    return texts;
  }
}
