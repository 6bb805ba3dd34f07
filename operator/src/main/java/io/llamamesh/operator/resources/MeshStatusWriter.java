package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.llamamesh.crd.LlamaMesh;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Writer of meshes' status, also where the cluster's CRD is of an older release: Helm installs a
 * CRD and never updates it. Of an applied status the API server takes nothing when the schema lacks
 * one of its fields; such fields are left out until the schema has them.
 *
 * <p>Any thread may call.
 */
public final class MeshStatusWriter {
  /** How long a field is left out before it is tried again: the CRD may have been updated. */
  static final Duration LEFT_OUT_FOR = Duration.ofMinutes(1);

  private static final int MAX_LEFT_OUT = 100;
  private static final ResourceDefinitionContext MESHES =
      ResourceDefinitionContext.fromResourceType(LlamaMesh.class);

  /** The API server's words; an element of a list is named by its key or its index. */
  private static final Pattern UNDECLARED =
      Pattern.compile("\\.status(?<path>(?:\\.\\w+|\\[[^\\]]*\\])+): field not declared in schema");

  private static final Pattern ELEMENT = Pattern.compile("\\[[^\\]]*\\]");

  private SortedSet<String> undeclared = new TreeSet<>();
  private Instant foundAt = Instant.MIN;

  /**
   * A status as it was written.
   *
   * @param mesh the mesh as the server has it now
   * @param leftOut fields of the status that the cluster's CRD lacks, by their paths below {@code
   *     status}, in order; empty: none
   */
  public record WrittenStatus(LlamaMesh mesh, List<String> leftOut) {
    public WrittenStatus {
      leftOut = List.copyOf(leftOut);
    }
  }

  /**
   * Applies a status.
   *
   * @param mesh name, namespace and status, and nothing else
   */
  public WrittenStatus write(KubernetesClient client, LlamaMesh mesh, Instant now) {
    PatchContext apply =
        new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager(ObjectWriter.FIELD_MANAGER)
            .withForce(true)
            .build();
    return write(
        client.getKubernetesSerialization(),
        mesh,
        now,
        body ->
            client
                .genericKubernetesResources(MESHES)
                .inNamespace(mesh.getMetadata().getNamespace())
                .resource(body)
                .subresource("status")
                .patch(apply));
  }

  WrittenStatus write(
      KubernetesSerialization json,
      LlamaMesh mesh,
      Instant now,
      UnaryOperator<GenericKubernetesResource> apply) {
    SortedSet<String> leftOut = undeclared(now);
    while (true) {
      GenericKubernetesResource body = json.convertValue(mesh, GenericKubernetesResource.class);
      Object status = body.getAdditionalProperties().get("status");
      leftOut.forEach(path -> remove(status, Arrays.asList(path.split("\\."))));
      try {
        LlamaMesh written = json.convertValue(apply.apply(body), LlamaMesh.class);
        return new WrittenStatus(written, List.copyOf(leftOut));
      } catch (KubernetesClientException e) {
        if (!addUndeclared(e, leftOut) || leftOut.size() > MAX_LEFT_OUT) {
          throw e;
        }
        remember(leftOut, now);
      }
    }
  }

  /** Adds the fields that the server names; false where it names none that is not known yet. */
  private static boolean addUndeclared(KubernetesClientException e, SortedSet<String> paths) {
    boolean added = false;
    Matcher named = UNDECLARED.matcher(String.valueOf(e.getMessage()));
    while (named.find()) {
      String path = ELEMENT.matcher(named.group("path")).replaceAll("");
      if (path.length() > 1) {
        added |= paths.add(path.substring(1));
      }
    }
    return added;
  }

  private synchronized SortedSet<String> undeclared(Instant now) {
    if (Duration.between(foundAt, now).compareTo(LEFT_OUT_FOR) >= 0) {
      undeclared = new TreeSet<>();
    }
    return new TreeSet<>(undeclared);
  }

  private synchronized void remember(SortedSet<String> paths, Instant now) {
    if (undeclared.isEmpty()) {
      foundAt = now;
    }
    undeclared.addAll(paths);
  }

  /** Removes a field from a tree, in all elements of the lists on the way. */
  private static void remove(@Nullable Object tree, List<String> path) {
    if (tree instanceof List<?> list) {
      list.forEach(each -> remove(each, path));
    } else if (tree instanceof Map<?, ?> map) {
      if (path.size() == 1) {
        map.remove(path.getFirst());
      } else if (map.containsKey(path.getFirst())) {
        remove(map.get(path.getFirst()), path.subList(1, path.size()));
      }
    }
  }
}
