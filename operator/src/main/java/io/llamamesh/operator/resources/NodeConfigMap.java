package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfigYaml;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A node's ConfigMap: its collector's config, and when it joined.
 *
 * <p>What is watched is kept {@linkplain #pruned pruned}, a digest in place of the document: with
 * thousands of nodes the documents themselves are what would fill the heap, and to know whether one
 * is current its digest is enough.
 */
public final class NodeConfigMap {
  private static final String DIGEST = "digest";

  private NodeConfigMap() {}

  /** The ConfigMap as it shall be. */
  public static ConfigMap of(
      Owner owner, String node, CollectorConfig config, @Nullable Instant joined) {
    Map<String, String> annotations = new TreeMap<>();
    annotations.put(Names.NODE_ANNOTATION, node);
    if (joined != null) {
      annotations.put(Names.JOINED_ANNOTATION, joined.toString());
    }
    return new ConfigMapBuilder()
        .withMetadata(
            owner.metadata(Names.configMap(owner.name(), node), Component.CONFIG, annotations))
        .withData(Map.of(Names.CONFIG_KEY, CollectorConfigYaml.write(config)))
        .build();
  }

  /** What is worth keeping of one that is watched. */
  public static ConfigMap pruned(ConfigMap map) {
    String document = map.getData() == null ? null : map.getData().get(Names.CONFIG_KEY);
    boolean already =
        document == null && map.getData() != null && map.getData().containsKey(DIGEST);
    ObjectMeta metadata = map.getMetadata();
    ObjectMeta kept = new ObjectMeta();
    kept.setName(metadata.getName());
    kept.setNamespace(metadata.getNamespace());
    kept.setUid(metadata.getUid());
    kept.setResourceVersion(metadata.getResourceVersion());
    kept.setDeletionTimestamp(metadata.getDeletionTimestamp());
    kept.setLabels(metadata.getLabels());
    kept.setAnnotations(ours(metadata.getAnnotations()));
    kept.setOwnerReferences(metadata.getOwnerReferences());
    ConfigMap pruned = new ConfigMap();
    pruned.setMetadata(kept);
    pruned.setData(
        already ? map.getData() : Map.of(DIGEST, document == null ? "" : digest(document)));
    return pruned;
  }

  /** Whether what is there, pruned, is what shall be. */
  public static boolean isCurrent(@Nullable ConfigMap prunedActual, ConfigMap desired) {
    if (prunedActual == null) {
      return false;
    }
    ObjectMeta actual = prunedActual.getMetadata();
    ConfigMap wanted = pruned(desired);
    return actual.getLabels() != null
        && actual.getLabels().entrySet().containsAll(wanted.getMetadata().getLabels().entrySet())
        && actual.getAnnotations().equals(wanted.getMetadata().getAnnotations())
        && actual.getOwnerReferences().containsAll(wanted.getMetadata().getOwnerReferences())
        && prunedActual.getData().equals(wanted.getData());
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

  private static Map<String, String> ours(@Nullable Map<String, String> annotations) {
    Map<String, String> kept = new TreeMap<>();
    if (annotations != null) {
      annotations.forEach((key, value) -> {
        if (key.equals(Names.NODE_ANNOTATION) || key.equals(Names.JOINED_ANNOTATION)) {
          kept.put(key, value);
        }
      });
    }
    return kept;
  }

  private static String digest(String document) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(document.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
