package io.llamamesh.e2e.row;

import io.fabric8.kubernetes.api.model.Pod;
import io.llamamesh.e2e.cluster.Failure;
import io.llamamesh.e2e.cluster.Mesh;
import io.llamamesh.e2e.cluster.Node;
import io.llamamesh.e2e.cluster.Release;
import io.llamamesh.e2e.cluster.Wait;
import io.llamamesh.testkit.Edits;
import java.time.Duration;
import java.util.List;

/** Refusals by the platform: the condition names them, with the remedy. */
final class RefusalRows {
  private static final Duration REPORTED_WITHIN = Duration.ofSeconds(90);
  private static final String ENFORCE = "pod-security.kubernetes.io/enforce";

  private RefusalRows() {}

  static List<Row> all() {
    return List.of(
        Row.of(
            "pod-security",
            "Pod Security restricted on the namespace: AgentsReady says so, and the label to set",
            RefusalRows::podSecurity),
        Row.of(
            "image-missing",
            "an agent's image that does not exist: AgentsReady names it",
            (stage, figures) ->
                expectCondition(
                    stage,
                    figures,
                    "{agent: {image: \"registry.invalid/llama-mesh-agent:none\"}}",
                    "AgentsReady",
                    "PullFailed",
                    "registry.invalid/llama-mesh-agent:none")),
        Row.of(
            "pull-secret-missing",
            "a pull Secret that is not there: the conditions name it",
            (stage, figures) ->
                expectCondition(
                    stage,
                    figures,
                    "{imagePullSecrets: [nowhere], agent: {image: \"registry.invalid/llama-mesh-agent:none\"}}",
                    "AgentsReady",
                    "PullFailed",
                    "nowhere")),
        Row.of(
            "store-secret-missing",
            "a store's Secret that is not there: ScraperReady names it",
            (stage, figures) ->
                expectCondition(
                    stage,
                    figures,
                    "{scraper: {influxdb: {url: \"http://10.99.0.1:8086\", v2: {org: net, bucket: llama,"
                        + " tokenSecret: {name: nowhere, key: token}}}}}",
                    "ScraperReady",
                    "SecretNotFound",
                    "nowhere")),
        Row.of(
            "quota",
            "a ResourceQuota of 0 pods: the conditions say so in its words",
            RefusalRows::quota),
        Row.of(
            "scraper-cut-off",
            "traffic to the scrapers cut, as by a NetworkPolicy: NetworkHealthy=Unknown says so, and is well after",
            RefusalRows::scraperCutOff));
  }

  private static void expectCondition(
      Stage stage, Figures figures, String spec, String type, String reason, String word)
      throws Exception {
    stage.withoutMesh();
    stage.mesh().apply(spec);
    figures.note("reported after", await(stage, type, reason, word));
    figures.note("as", stage.mesh().condition(type));
    stage.deleteMesh();
  }

  private static Duration await(Stage stage, String type, String reason, String word)
      throws InterruptedException {
    return Wait.until(
        type + "=False " + reason + " with '" + word + "'",
        REPORTED_WITHIN,
        () -> {
          Mesh.Condition condition = stage.mesh().condition(type);
          return condition.status().equals("False")
                  && condition.reason().equals(reason)
                  && condition.message().contains(word)
              ? ""
              : condition.toString();
        });
  }

  private static void podSecurity(Stage stage, Figures figures) throws Exception {
    stage.withoutMesh();
    label(stage, "restricted");
    try {
      expectCondition(stage, figures, "{}", "AgentsReady", "PodsRefused", ENFORCE + "=privileged");
    } finally {
      label(stage, "privileged");
    }
  }

  private static void label(Stage stage, String level) {
    Edits.edit(
        stage.client().namespaces().withName(Release.NAME),
        namespace -> {
          namespace.getMetadata().getLabels().put(ENFORCE, level);
          return namespace;
        });
  }

  private static void quota(Stage stage, Figures figures) throws Exception {
    stage.withoutMesh();
    var quota = stage.noMorePods();
    quota.create();
    try {
      stage.mesh().apply("{}");
      figures.note("reported after", await(stage, "AgentsReady", "PodsRefused", "exceeded quota"));
      figures.note("as", stage.mesh().condition("AgentsReady"));
      Mesh.Condition scraper = stage.mesh().condition("ScraperReady");
      Failure.unless(
          scraper.reason().equals("PodsRefused") && scraper.message().contains("exceeded quota"),
          scraper.toString());
      stage.deleteMesh();
    } finally {
      quota.delete();
    }
  }

  private static void scraperCutOff(Stage stage, Figures figures) throws Exception {
    stage.healthyMesh();
    List<Pod> scrapers = stage.mesh().pods("scraper");
    for (Pod pod : scrapers) {
      Node node = stage.cluster().node(pod.getSpec().getNodeName());
      // A kubelet comes from its node's own address and passes every policy.
      for (String rule :
          List.of(
              "add table inet e2e",
              "add chain inet e2e input { type filter hook input priority 0; policy accept; }",
              "add rule inet e2e input ip saddr "
                  + stage.cluster().family().pods()
                  + " ip saddr != "
                  + stage.cluster().family().podsOf(node.index()).replace(".0/24", ".1")
                  + " tcp dport 8080 drop")) {
        node.execInPod(pod, "nft", rule);
      }
    }
    try {
      figures.note(
          "reported after",
          Wait.until(
              "NetworkHealthy=Unknown that names port and policies",
              REPORTED_WITHIN,
              () -> {
                Mesh.Condition network = stage.mesh().condition("NetworkHealthy");
                return network.status().equals("Unknown")
                        && network.reason().equals("ScraperUnreachable")
                        && network.message().contains("8080")
                        && network.message().contains("NetworkPolic")
                    ? ""
                    : network.toString();
              }));
      figures.note("as", stage.mesh().condition("NetworkHealthy"));
    } finally {
      for (Pod pod : scrapers) {
        stage
            .cluster()
            .node(pod.getSpec().getNodeName())
            .execInPod(pod, "nft", "delete", "table", "inet", "e2e");
      }
    }
    figures.note("well after", stage.awaitHealthy(REPORTED_WITHIN));
  }
}
