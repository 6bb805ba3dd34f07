package io.llamamesh.local.main;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.LlamaMeshStatus;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The mesh's resources in the API: what is installed, what the user's file brings, what the
 * operator says of it.
 */
final class MeshResources {
  private static final String CRD = "llamameshes.llamamesh.io-v1.yaml";

  private final KubernetesClient client;
  private String namespace = MeshDocument.NAMESPACE;
  private String name = "";

  MeshResources(KubernetesClient client) {
    this.client = client;
  }

  String namespace() {
    return namespace;
  }

  String name() {
    return name;
  }

  /** Installs the CRD and the mesh's namespace, as an administrator does before the first mesh. */
  void install(String meshNamespace) throws IOException {
    try (InputStream crd = LlamaMesh.class.getResourceAsStream(CRD)) {
      if (crd == null) {
        throw new IllegalStateException("the resource " + CRD + " is missing");
      }
      client.load(crd).serverSideApply();
    }
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(meshNamespace).endMetadata().build())
        .serverSideApply();
  }

  /**
   * Applies a mesh and what goes with it.
   *
   * @param file where it is from; null: ours
   * @throws UserError with the API's words where it refuses
   */
  void apply(MeshDocument document, @Nullable Path file) throws UserError {
    namespace = document.namespace();
    name = document.name();
    for (HasMetadata object : document.others()) {
      apply(object, file);
    }
    apply(document.mesh(), file);
  }

  /**
   * Throws what the operator found wrong with the spec.
   *
   * @throws UserError with the condition's message
   */
  void requireAccepted() throws UserError {
    LlamaMesh mesh = client.resources(LlamaMesh.class).inNamespace(namespace).withName(name).get();
    LlamaMeshStatus status = mesh == null ? null : mesh.getStatus();
    List<Condition> conditions = status == null ? null : status.conditions();
    for (Condition condition : conditions == null ? List.<Condition>of() : conditions) {
      if ("Accepted".equals(condition.getType()) && "False".equals(condition.getStatus())) {
        throw new UserError(
            "the operator does not accept the mesh ("
                + condition.getReason()
                + "): "
                + condition.getMessage());
      }
    }
  }

  private void apply(HasMetadata object, @Nullable Path file) throws UserError {
    try {
      client.resource(object).fieldManager("local").forceConflicts().serverSideApply();
    } catch (KubernetesClientException e) {
      String message =
          e.getStatus() != null && e.getStatus().getMessage() != null
              ? e.getStatus().getMessage()
              : String.valueOf(e.getMessage());
      throw new UserError(
          (file == null ? "the default mesh" : "--mesh " + file)
              + ": the API refuses "
              + object.getKind()
              + " "
              + object.getMetadata().getName()
              + ": "
              + message.lines().reduce((a, b) -> a + " " + b.strip()).orElse(""));
    }
  }
}
