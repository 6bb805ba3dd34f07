package io.llamamesh.operator.resources;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.APIResource;
import io.fabric8.kubernetes.api.model.APIResourceList;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The Prometheus Operator's kinds, where the cluster has them: they may be installed long after us,
 * so what is served is asked for again and again, by discovery, which everyone may. They are not
 * watched: a watch on what may not be there would have to be opened and closed with it.
 *
 * <p>Any thread may call.
 */
public final class MonitoringApi {
  private static final Duration ASK_EVERY = Duration.ofSeconds(10);

  private final KubernetesClient client;
  private final Clock clock;
  private final KubernetesSerialization serialization = new KubernetesSerialization();
  private @Nullable Instant asked;
  private Set<String> kinds = Set.of();

  public MonitoringApi(KubernetesClient client, Clock clock) {
    this.client = client;
    this.clock = clock;
  }

  /**
   * The kinds that are served now, or were ten seconds ago.
   *
   * @throws KubernetesClientException where the server does not say
   */
  public synchronized Set<String> kinds() {
    Instant now = clock.instant();
    if (asked == null || !now.isBefore(asked.plus(ASK_EVERY))) {
      APIResourceList found = client.getApiResources(Monitors.API_VERSION);
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
   * Applies an object unless what is there says the same; what others added to it does not matter.
   *
   * @return whether it was written
   * @throws KubernetesClientException where the server refuses
   */
  public boolean ensure(GenericKubernetesResource wanted) {
    var resource = client.resource(wanted);
    GenericKubernetesResource actual = resource.get();
    if (actual != null && says(tree(actual), tree(wanted))) {
      return false;
    }
    resource.fieldManager(Writer.FIELD_MANAGER).forceConflicts().serverSideApply();
    return true;
  }

  private JsonNode tree(GenericKubernetesResource object) {
    return serialization.convertValue(object, JsonNode.class);
  }

  /** Whether everything that is wanted is there, lists in whole. */
  static boolean says(JsonNode actual, JsonNode wanted) {
    if (wanted.isObject()) {
      Iterator<Map.Entry<String, JsonNode>> fields = wanted.properties().iterator();
      while (fields.hasNext()) {
        Map.Entry<String, JsonNode> field = fields.next();
        if (!says(actual.path(field.getKey()), field.getValue())) {
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
        if (!says(actual.get(i), wanted.get(i))) {
          return false;
        }
      }
      return true;
    }
    return actual.equals(wanted);
  }
}
