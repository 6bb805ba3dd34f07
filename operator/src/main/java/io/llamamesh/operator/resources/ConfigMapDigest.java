package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.llamamesh.crd.Names;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * ConfigMaps with a digest in place of their document: with thousands of nodes the documents are
 * what would fill the heap, and to know whether one is current its digest is enough.
 */
public final class ConfigMapDigest {
  private static final List<String> KEYS =
      List.of(
          Names.CONFIG_KEY,
          AcceptedSpecConfigMap.KEY,
          Names.LEAVING_KEY,
          Names.NODES_KEY,
          Names.PROBES_KEY,
          Names.KEY_SERVICE_KEY);
  private static final String DIGEST = "digest";

  private ConfigMapDigest() {}

  /** A ConfigMap of ours with a digest in place of its data, without what others added. */
  public static ConfigMap prune(ConfigMap map) {
    ObjectMeta metadata = map.getMetadata();
    ObjectMeta kept = new ObjectMeta();
    kept.setName(metadata.getName());
    kept.setNamespace(metadata.getNamespace());
    kept.setUid(metadata.getUid());
    kept.setResourceVersion(metadata.getResourceVersion());
    kept.setDeletionTimestamp(metadata.getDeletionTimestamp());
    kept.setLabels(metadata.getLabels());
    kept.setAnnotations(ownAnnotations(metadata.getAnnotations()));
    kept.setOwnerReferences(metadata.getOwnerReferences());
    ConfigMap pruned = new ConfigMap();
    pruned.setMetadata(kept);
    pruned.setData(Map.of(DIGEST, digest(map.getData())));
    return pruned;
  }

  /**
   * Whether what is there is what shall be; entries that others added do not matter.
   *
   * @param actual pruned; null: nothing is there
   * @param wanted pruned
   */
  public static boolean isCurrent(@Nullable ConfigMap actual, ConfigMap wanted) {
    if (actual == null || actual.getMetadata().getLabels() == null) {
      return false;
    }
    ObjectMeta metadata = actual.getMetadata();
    return metadata.getLabels().entrySet().containsAll(wanted.getMetadata().getLabels().entrySet())
        && metadata.getAnnotations().equals(wanted.getMetadata().getAnnotations())
        && metadata.getOwnerReferences().containsAll(wanted.getMetadata().getOwnerReferences())
        && actual.getData().equals(wanted.getData());
  }

  private static Map<String, String> ownAnnotations(@Nullable Map<String, String> annotations) {
    Map<String, String> kept = new TreeMap<>();
    if (annotations != null) {
      for (String key : List.of(Names.NODE_ANNOTATION, Names.JOINED_ANNOTATION)) {
        String value = annotations.get(key);
        if (value != null) {
          kept.put(key, value);
        }
      }
    }
    return kept;
  }

  private static String digest(@Nullable Map<String, String> data) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      for (String key : KEYS) {
        String document = data == null ? null : data.get(key);
        if (document != null) {
          sha.update(key.getBytes(StandardCharsets.UTF_8));
          sha.update(document.getBytes(StandardCharsets.UTF_8));
        }
      }
      return HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
