package io.llamamesh.local.main;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesList;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.MeshSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The resources that make the mesh: one LlamaMesh, from the user's file or our default, and what
 * goes with it.
 *
 * @param mesh the LlamaMesh as it was written, unknown fields and all: the API shall judge it
 * @param others other objects of the file, applied before
 */
record MeshDocument(GenericKubernetesResource mesh, List<HasMetadata> others) {
  static final String NAMESPACE = "llama-mesh";
  private static final String STORE_SECRET = "local-store";
  private static final String PAGE_SECRET = "local-page";
  private static final String TOKEN_KEY = "token";
  private static final int MAX_BYTES = 1 << 20;

  /** Takes unknown fields: the API refuses them, in its own words. */
  private static final JsonMapper LENIENT =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  MeshDocument {
    others = List.copyOf(others);
  }

  /**
   * Our own mesh: short windows, so that something is seen soon, the fabric, which sees it sooner,
   * the nodes' zones as tags, and one scraper: there is but one machine to lose.
   *
   * @param relayed whether a relay is between the nodes: it may be held up, which is no loss
   */
  static MeshDocument standard(boolean relayed) {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("tagLabels", Map.of("zone", "topology.kubernetes.io/zone"));
    spec.put("ports", List.of(Map.of("name", "default", "timeout", relayed ? "1s" : "500ms")));
    spec.put("collector", Map.of("interval", "2s"));
    spec.put("fabric", Map.of("enabled", true));
    spec.put("scraper", Map.of("replicas", 1));
    GenericKubernetesResource mesh = new GenericKubernetesResource();
    mesh.setApiVersion("llamamesh.io/v1alpha1");
    mesh.setKind("LlamaMesh");
    mesh.setMetadata(new ObjectMetaBuilder().withName("local").withNamespace(NAMESPACE).build());
    mesh.setAdditionalProperty("spec", spec);
    return new MeshDocument(mesh, List.of());
  }

  /**
   * Reads a file with one LlamaMesh and whatever goes with it.
   *
   * @throws UserError where it can't be read or holds no LlamaMesh or several
   */
  static MeshDocument read(Path file) throws UserError {
    String text;
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new UserError("--mesh " + file + ": is larger than 1 MiB");
      }
      text = Files.readString(file);
    } catch (IOException e) {
      throw new UserError(
          "--mesh "
              + file
              + ": can't be read ("
              + e.getClass().getSimpleName()
              + "): name a YAML file with a LlamaMesh");
    }
    List<GenericKubernetesResource> meshes = new ArrayList<>();
    List<HasMetadata> others = new ArrayList<>();
    for (Object object : objects(file, text)) {
      if (object instanceof GenericKubernetesResource resource
          && "LlamaMesh".equals(resource.getKind())
          && String.valueOf(resource.getApiVersion()).startsWith("llamamesh.io/")) {
        meshes.add(resource);
      } else if (object instanceof HasMetadata other && other.getMetadata() != null) {
        others.add(other);
      } else {
        throw new UserError("--mesh " + file + ": holds something that is no Kubernetes object");
      }
    }
    if (meshes.size() != 1) {
      throw new UserError(
          "--mesh "
              + file
              + ": must hold one object of kind LlamaMesh (llamamesh.io/v1alpha1), holds "
              + meshes.size());
    }
    GenericKubernetesResource mesh = meshes.getFirst();
    if (mesh.getMetadata() == null || mesh.getMetadata().getName() == null) {
      throw new UserError("--mesh " + file + ": metadata.name is missing");
    }
    Object spec = mesh.getAdditionalProperties().get("spec");
    if (spec != null && !(spec instanceof Map)) {
      throw new UserError("--mesh " + file + ": spec must be a mapping of fields");
    }
    if (mesh.getMetadata().getNamespace() == null) {
      mesh.getMetadata().setNamespace(NAMESPACE);
    }
    for (HasMetadata other : others) {
      if (other instanceof Namespaced && other.getMetadata().getNamespace() == null) {
        other.getMetadata().setNamespace(mesh.getMetadata().getNamespace());
      }
    }
    return new MeshDocument(mesh, others);
  }

  String name() {
    return mesh.getMetadata().getName();
  }

  String namespace() {
    return mesh.getMetadata().getNamespace();
  }

  /**
   * The spec with every default filled in. A text of it that cannot be read is the API's to refuse.
   *
   * @throws UserError where it can't be read as a spec at all
   */
  MeshSettings settings() throws UserError {
    try {
      return MeshSettings.of(LENIENT.convertValue(spec(), LlamaMeshSpec.class), problem -> {});
    } catch (IllegalArgumentException e) {
      throw new UserError("--mesh: " + where(e) + ": " + UserError.rootMessage(e));
    }
  }

  private static String where(IllegalArgumentException e) {
    StringBuilder path = new StringBuilder("spec");
    if (e.getCause() instanceof JsonMappingException mapping) {
      for (JsonMappingException.Reference step : mapping.getPath()) {
        path.append(
            step.getFieldName() == null ? "[" + step.getIndex() + "]" : "." + step.getFieldName());
      }
    }
    return path.toString();
  }

  /** True where the file itself names a store. */
  boolean hasStore() {
    return spec().get("scraper") instanceof Map<?, ?> scraper && scraper.get("influxdb") != null;
  }

  /** The same mesh that writes to a store over the v2 API, and the Secret with its token. */
  MeshDocument withStore(String url, String org, String bucket, String token) {
    Map<String, Object> scraper = scraper();
    scraper.put(
        "influxdb",
        Map.of(
            "url",
            url,
            "v2",
            Map.of(
                "org",
                org,
                "bucket",
                bucket,
                "tokenSecret",
                Map.of("name", STORE_SECRET, "key", TOKEN_KEY))));
    return with(scraper, secret(STORE_SECRET, token));
  }

  /** The same mesh whose page starts bursts, and the Secret with the token that it asks for. */
  MeshDocument withPageToken(String token) {
    Map<String, Object> scraper = scraper();
    scraper.put("tokenSecret", PAGE_SECRET);
    return with(scraper, secret(PAGE_SECRET, token));
  }

  private Map<String, Object> scraper() {
    Map<String, Object> scraper = new LinkedHashMap<>();
    if (spec().get("scraper") instanceof Map<?, ?> given) {
      given.forEach((key, value) -> scraper.put(String.valueOf(key), value));
    }
    return scraper;
  }

  private MeshDocument with(Map<String, Object> scraper, Secret secret) {
    Map<String, Object> spec = new LinkedHashMap<>(spec());
    spec.put("scraper", scraper);
    GenericKubernetesResource copy = new GenericKubernetesResource();
    copy.setApiVersion(mesh.getApiVersion());
    copy.setKind(mesh.getKind());
    copy.setMetadata(mesh.getMetadata());
    copy.setAdditionalProperties(new LinkedHashMap<>(mesh.getAdditionalProperties()));
    copy.setAdditionalProperty("spec", spec);
    List<HasMetadata> all = new ArrayList<>(others);
    all.add(secret);
    return new MeshDocument(copy, all);
  }

  private Secret secret(String name, String token) {
    return new SecretBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(namespace())
        .endMetadata()
        .addToData(
            TOKEN_KEY, Base64.getEncoder().encodeToString(token.getBytes(StandardCharsets.UTF_8)))
        .build();
  }

  @SuppressWarnings("unchecked") // a spec that is no mapping is refused by the API
  private Map<String, Object> spec() {
    return mesh.getAdditionalProperties().get("spec") instanceof Map<?, ?> spec
        ? (Map<String, Object>) spec
        : Map.of();
  }

  private static List<Object> objects(Path file, String text) throws UserError {
    try {
      @Nullable Object read =
          new KubernetesSerialization()
              .unmarshal(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
      return switch (read) {
        case null -> List.of();
        case KubernetesList list -> List.copyOf(list.getItems());
        case List<?> list -> List.copyOf(list);
        default -> List.of(read);
      };
    } catch (RuntimeException e) {
      throw new UserError(
          "--mesh " + file + ": is no YAML of a Kubernetes object: " + UserError.rootMessage(e));
    }
  }
}
