package io.llamamesh.scraper.testing;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.crd.LlamaMesh;
import java.time.Duration;
import org.awaitility.Awaitility;

/**
 * Resources of type LlamaMesh: what a mesh's objects belong to must exist, or they are collected.
 */
public final class Meshes {
  /** The definition, which must be there before. */
  public static final String CRD = "../crds/llamameshes.llamamesh.io-v1.yaml";

  private Meshes() {}

  /** Creates one, and returns its uid. */
  public static String create(KubernetesClient client, String namespace, String name) {
    LlamaMesh mesh = new LlamaMesh();
    mesh.getMetadata().setName(name);
    mesh.getMetadata().setNamespace(namespace);
    return Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .ignoreExceptions()
        .until(
            () -> client.resource(mesh).create().getMetadata().getUid(),
            uid -> uid != null && !uid.isEmpty());
  }
}
