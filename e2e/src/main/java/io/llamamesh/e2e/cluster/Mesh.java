package io.llamamesh.e2e.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.llamamesh.client.ClientOptions;
import io.llamamesh.client.ScraperClient;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A mesh as its user sees it: the resource by the API, matrix and report by a scraper. Documents
 * are read by their fields' names, as scripts do, not by our own classes.
 */
public final class Mesh {
  /** Name of the mesh that the rows apply. */
  public static final String NAME = "default";

  /** Said, not asked for: before an install and after its end nobody serves the kind. */
  private static final ResourceDefinitionContext KIND =
      new ResourceDefinitionContext.Builder()
          .withGroup("llamamesh.io")
          .withVersion("v1alpha1")
          .withKind("LlamaMesh")
          .withPlural("llamameshes")
          .withNamespaced(true)
          .build();

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(3);

  /** Of all meshes, until the program ends. */
  private static final ScraperClient SCRAPERS =
      new ScraperClient(ClientOptions.standard().withTimeout(ANSWER_WITHIN));

  private static final int PAGE_PORT = 8080;

  private final KubernetesClient client;
  private final IpFamily family;
  private final String namespace;
  private final String name;

  /** The mesh in a cluster. */
  public Mesh(Cluster cluster) {
    this(cluster, cluster.client());
  }

  /** The mesh in a cluster, asked for by another client than the cluster's. */
  public Mesh(Cluster cluster, KubernetesClient client) {
    this(cluster, client, Release.NAME, NAME);
  }

  /** A further mesh in a cluster. */
  public Mesh(Cluster cluster, String namespace, String name) {
    this(cluster, cluster.client(), namespace, name);
  }

  private Mesh(Cluster cluster, KubernetesClient client, String namespace, String name) {
    this.client = client;
    this.family = cluster.family();
    this.namespace = namespace;
    this.name = name;
  }

  /**
   * A condition.
   *
   * @param status {@code True}, {@code False}, {@code Unknown}; empty where there is none
   */
  public record Condition(String type, String status, String reason, String message) {
    /** True for status {@code True}. */
    public boolean isTrue() {
      return status.equals("True");
    }

    @Override
    public String toString() {
      return type + "=" + status + " " + reason + (message.isEmpty() ? "" : ": " + message);
    }
  }

  /** Applies a LlamaMesh with a spec in YAML's flow style. */
  public void apply(String spec) {
    client
        .resource(
            """
            apiVersion: llamamesh.io/v1alpha1
            kind: LlamaMesh
            metadata: {name: %s, namespace: %s}
            spec: %s
            """
                .formatted(name, namespace, spec))
        .serverSideApply();
  }

  /** Deletes the LlamaMesh. */
  public void delete() {
    resource().delete();
  }

  private io.fabric8.kubernetes.client.dsl.Resource<GenericKubernetesResource> resource() {
    return client.genericKubernetesResources(KIND).inNamespace(namespace).withName(name);
  }

  /** Its status; a missing node where it has none. */
  public JsonNode status() {
    GenericKubernetesResource found = resource().get();
    return found == null
        ? MissingNode.getInstance()
        : JSON.<JsonNode>valueToTree(found).path("status");
  }

  /** True where what the status says is said of the spec as it is now. */
  public boolean isObserved() {
    GenericKubernetesResource found = resource().get();
    if (found == null) {
      return false;
    }
    JsonNode conditions = JSON.<JsonNode>valueToTree(found).path("status").path("conditions");
    long generation = found.getMetadata().getGeneration();
    for (JsonNode each : conditions) {
      if (each.path("observedGeneration").asLong() < generation) {
        return false;
      }
    }
    return !conditions.isEmpty();
  }

  /** A condition of its status. */
  public Condition condition(String type) {
    return condition(status(), type);
  }

  /** A condition of a status. */
  public static Condition condition(JsonNode status, String type) {
    for (JsonNode each : status.path("conditions")) {
      if (each.path("type").asText().equals(type)) {
        return new Condition(
            type,
            each.path("status").asText(),
            each.path("reason").asText(),
            each.path("message").asText());
      }
    }
    return new Condition(type, "", "", "");
  }

  /** All conditions that are not true, for messages. */
  public String unmetConditions() {
    List<String> unmet = new ArrayList<>();
    for (JsonNode each : status().path("conditions")) {
      Condition condition = condition(status(), each.path("type").asText());
      if (!condition.isTrue() && !condition.type().equals("Paused")) {
        unmet.add(condition.toString());
      }
    }
    return unmet.isEmpty() ? "no conditions yet" : String.join("; ", unmet);
  }

  /** Pods of a part: {@code agent}, {@code scraper}, {@code operator}. */
  public List<Pod> pods(String component) {
    return client
        .pods()
        .inNamespace(Release.NAME)
        .withLabels(
            Map.of(
                "app.kubernetes.io/name", "llama-mesh", "app.kubernetes.io/component", component))
        .list()
        .getItems();
  }

  /** True where a pod is ready and not about to end. */
  public static boolean isReady(Pod pod) {
    return pod.getMetadata().getDeletionTimestamp() == null
        && pod.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
  }

  /** The scraper's judgement; nothing where no scraper answers. */
  public Optional<JsonNode> report() throws InterruptedException {
    return fetch("/api/v1/report");
  }

  /** The matrix since a moment. */
  public Optional<JsonNode> matrixSince(Instant begin) throws InterruptedException {
    return fetch("/api/v1/matrix?since=" + begin);
  }

  /** The URL of a scraper's page; nothing where none is ready. */
  public Optional<String> page() {
    return pods("scraper").stream().filter(Mesh::isReady).findFirst().map(this::url);
  }

  private String url(Pod pod) {
    return "http://" + family.inUrl(pod.getStatus().getPodIP()) + ":" + PAGE_PORT;
  }

  private Optional<JsonNode> fetch(String path) throws InterruptedException {
    for (Pod pod : pods("scraper")) {
      if (isReady(pod)) {
        Optional<JsonNode> answer = fetch(pod, path);
        if (answer.isPresent()) {
          return answer;
        }
      }
    }
    return Optional.empty();
  }

  /** A document of one scraper; empty where it does not answer with one. */
  public Optional<JsonNode> fetch(Pod scraper, String path) throws InterruptedException {
    try {
      return Optional.of(JSON.readTree(SCRAPERS.document(URI.create(url(scraper)), path)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * Ordered pairs of nodes that no probe was sent between.
   *
   * @param nodes names of the nodes that should be in it
   */
  public Set<String> missingPairs(List<String> nodes, Instant since) throws InterruptedException {
    Set<String> missing = new TreeSet<>();
    for (String source : nodes) {
      for (String destination : nodes) {
        if (!source.equals(destination)) {
          missing.add(source + ">" + destination);
        }
      }
    }
    matrixSince(since)
        .ifPresent(matrix ->
            matrix
                .path("pairs")
                .forEach(pair -> {
                  if (pair.path("received").asLong() > 0) {
                    missing.remove(
                        pair.path("source").asText() + ">" + pair.path("destination").asText());
                  }
                }));
    return missing;
  }

  /**
   * Totals of probes since a moment.
   *
   * @param pairs how many pairs have any
   */
  public record ProbeTotals(int pairs, long sent, long lost, long refused) {}

  /** Sums over all pairs since a moment. */
  public ProbeTotals totalsSince(Instant begin) throws InterruptedException {
    JsonNode matrix =
        matrixSince(begin).orElseThrow(() -> new Failure("no scraper answers with a matrix"));
    int pairs = 0;
    long sent = 0;
    long lost = 0;
    long refused = 0;
    for (JsonNode pair : matrix.path("pairs")) {
      pairs++;
      sent += pair.path("sent").asLong();
      lost += pair.path("lost").asLong();
      refused += pair.path("refused").asLong();
    }
    return new ProbeTotals(pairs, sent, lost, refused);
  }
}
