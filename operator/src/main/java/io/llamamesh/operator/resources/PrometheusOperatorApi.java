package io.llamamesh.operator.resources;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.APIResource;
import io.fabric8.kubernetes.api.model.APIResourceList;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The Prometheus Operator's kinds, where the cluster has them: they may be installed long after us,
 * so what is served is asked for again and again, by discovery, which everyone may. They are not
 * watched: a watch on what may not be there would have to be opened and closed with it.
 *
 * <p>Any thread may call; {@link #close} ends its own.
 */
public final class PrometheusOperatorApi implements AutoCloseable {
  private static final String FIELD = "f:";
  private static final Duration ASK_EVERY = Duration.ofSeconds(10);

  private final BestEffortWriter writes;
  private final Clock clock;
  private final KubernetesSerialization serialization = new KubernetesSerialization();
  private @Nullable Instant asked;
  private Set<String> kinds = Set.of();

  public PrometheusOperatorApi(KubernetesClient client, Clock clock) {
    this.writes = new BestEffortWriter("monitors", client);
    this.clock = clock;
  }

  /** Has it done soon, on the thread that monitors are written by; false where it will not be. */
  public boolean trySubmit(Consumer<KubernetesClient> work) {
    return writes.trySubmit(work);
  }

  /**
   * The kinds that are served now, or were ten seconds ago.
   *
   * @throws KubernetesClientException where the server does not say
   */
  public synchronized Set<String> kinds(KubernetesClient client) {
    Instant now = clock.instant();
    if (asked == null || !now.isBefore(asked.plus(ASK_EVERY))) {
      APIResourceList found = client.getApiResources(PrometheusMonitors.API_VERSION);
      kinds =
          found == null
              ? Set.of()
              : found.getResources().stream()
                  .map(APIResource::getKind)
                  .collect(Collectors.toUnmodifiableSet());
      asked = now;
    }
    return kinds;
  }

  /**
   * Applies an object unless what is there says the same, and says nothing else in our name; what
   * others added to it does not matter.
   *
   * @return whether it was written
   * @throws KubernetesClientException where the server refuses
   */
  public boolean tryApply(KubernetesClient client, GenericKubernetesResource wanted) {
    var resource = client.resource(wanted);
    GenericKubernetesResource actual = resource.get();
    if (actual == null) {
      var _ = resource.create();
      return true;
    }
    if (!Ownership.isOurs(actual, wanted)) {
      throw new KubernetesClientException(Ownership.name(wanted) + " is not this mesh's");
    }
    boolean created = ObjectWriter.takeOverCreation(client, actual);
    if (!created && containsAll(tree(actual), tree(wanted)) && !ownsMore(actual, tree(wanted))) {
      return false;
    }
    resource.fieldManager(ObjectWriter.FIELD_MANAGER).forceConflicts().serverSideApply();
    return true;
  }

  private boolean ownsMore(GenericKubernetesResource actual, JsonNode wanted) {
    return Objects.requireNonNullElse(
            actual.getMetadata().getManagedFields(), List.<ManagedFieldsEntry>of())
        .stream()
        .filter(entry ->
            ObjectWriter.FIELD_MANAGER.equals(entry.getManager())
                && "Apply".equals(entry.getOperation())
                && entry.getFieldsV1() != null)
        .anyMatch(entry ->
            ownsMore(serialization.convertValue(entry.getFieldsV1(), JsonNode.class), wanted));
  }

  /** Whether fields, as {@code managedFields} lists them, are some that are not wanted. */
  static boolean ownsMore(JsonNode fields, JsonNode wanted) {
    return fields.properties().stream()
        .filter(field -> field.getKey().startsWith(FIELD))
        .anyMatch(field -> {
          JsonNode value = wanted.path(field.getKey().substring(FIELD.length()));
          return value.isMissingNode() || (value.isObject() && ownsMore(field.getValue(), value));
        });
  }

  private JsonNode tree(GenericKubernetesResource object) {
    return serialization.convertValue(object, JsonNode.class);
  }

  /** Whether everything that is wanted is there, lists in whole. */
  static boolean containsAll(JsonNode actual, JsonNode wanted) {
    if (wanted.isObject()) {
      Iterator<Map.Entry<String, JsonNode>> fields = wanted.properties().iterator();
      while (fields.hasNext()) {
        Map.Entry<String, JsonNode> field = fields.next();
        if (!containsAll(actual.path(field.getKey()), field.getValue())) {
          return false;
        }
      }
      return actual.isObject();
    }
    if (wanted.isArray()) {
      if (!actual.isArray() || actual.size() != wanted.size()) {
        return false;
      }
      for (int i = 0; i < wanted.size(); i++) {
        if (!containsAll(actual.get(i), wanted.get(i))) {
          return false;
        }
      }
      return true;
    }
    return actual.equals(wanted);
  }

  @Override
  public void close() {
    writes.close();
  }
}
