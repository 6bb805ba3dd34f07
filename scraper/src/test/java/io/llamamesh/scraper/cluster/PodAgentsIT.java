package io.llamamesh.scraper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.llamamesh.crd.Names;
import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.testing.CuttableProxy;
import io.llamamesh.scraper.testing.ScraperAccount;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import io.llamamesh.tls.CertificateTrust;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Agents' pods and cursors on a real Kubernetes API, with the rights of scrapers and no others. */
@KubernetesCluster
final class PodAgentsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Map<String, String> SELECTED = Map.of("selected", "yes");

  private final AtomicReference<List<AgentEndpoint>> agents = new AtomicReference<>(List.of());
  private TestCluster cluster;
  private KubernetesClient client;
  private CuttableProxy gate;
  private KubernetesClient scrapers;
  private MeshOwner home;
  private PodAgents pods;

  @BeforeEach
  void start(TestCluster given) throws IOException {
    cluster = given;
    client = given.client();
    Config scraper = ScraperAccount.config(given);
    gate = new CuttableProxy(scraper.getMasterUrl());
    scrapers =
        new KubernetesClientBuilder()
            .withConfig(new ConfigBuilder(scraper).withMasterUrl(gate.url()).build())
            .build();
    home = new MeshOwner(scrapers, given.namespace(), "default", null);
    pods = new PodAgents(scrapers, new CertificateTrust(), given.namespace(), "default", null);
  }

  @AfterEach
  void stop() throws IOException {
    pods.close();
    scrapers.close();
    gate.close();
    assertThat(cluster.rights(ScraperAccount.NAME).refused()).isEmpty();
  }

  @Test
  void followsPodsThatComeAndGo() {
    create("a", "node-1", "default", "10.0.0.1");
    pods.start(agents::set);
    await().atMost(PATIENCE).until(() -> names().equals(List.of("node-1")));

    create("b", "node-2", "default", "10.0.0.2");
    await().atMost(PATIENCE).until(() -> names().equals(List.of("node-1", "node-2")));

    // A kubelet confirms it so.
    client.pods().withName("a").withGracePeriod(0).delete();
    await().atMost(PATIENCE).until(() -> names().equals(List.of("node-2")));
    assertThat(pods.isCurrent()).isTrue();
  }

  @Test
  void nodesThatTheOperatorSaysAreLeavingAreKnown() {
    pods.start(agents::set);
    assertThat(pods.leaving()).isEmpty();

    ConfigMap leaving =
        client
            .resource(
                new ConfigMapBuilder()
                    .withNewMetadata()
                    .withName("default-leaving")
                    .withNamespace(cluster.namespace())
                    .endMetadata()
                    .addToData("nodes", "node-1\nnode-3")
                    .build())
            .create();
    await().atMost(PATIENCE).until(() -> pods.leaving().equals(Set.of("node-1", "node-3")));

    client.resource(leaving).delete();
    await().atMost(PATIENCE).until(() -> pods.leaving().isEmpty());
  }

  @Test
  void otherMeshesAgentsAreNotOurs() {
    create("theirs", "node-1", "other", "10.0.0.1");
    create("ours", "node-2", "default", "10.0.0.2");

    pods.start(agents::set);

    await().atMost(PATIENCE).until(() -> names().equals(List.of("node-2")));
  }

  /** As the operator starts a scraper: with the API's port of the spec. */
  @Test
  void aPodThatNobodyControlsTakesNoNodesPlace() {
    pods.close();
    pods = new PodAgents(scrapers, new CertificateTrust(), cluster.namespace(), "default", 8_100);
    create("forged-early", "node-1", "default", "10.0.0.66");
    pods.start(agents::set);
    await().atMost(PATIENCE).until(pods::isCurrent);

    OwnerReference owner = ofDaemonSet();
    create("real", "node-1", "default", "10.0.0.1", owner);
    await().atMost(PATIENCE).until(() -> names().equals(List.of("node-1")));
    create("forged-late", "node-1", "default", "10.0.0.67");
    create("other", "node-2", "default", "10.0.0.2", owner);
    await().atMost(PATIENCE).until(() -> names().equals(List.of("node-1", "node-2")));

    assertThat(agents.get().getFirst().addresses())
        .containsExactly(new HostPort("10.0.0.1", 8_100));
  }

  /** A DaemonSet that makes no pod itself; what it does not select it would not keep. */
  private OwnerReference ofDaemonSet() {
    DaemonSet agents =
        client
            .apps()
            .daemonSets()
            .resource(
                new DaemonSetBuilder()
                    .withNewMetadata()
                    .withName(Names.agent("default"))
                    .endMetadata()
                    .withNewSpec()
                    .withNewUpdateStrategy()
                    .withType("OnDelete")
                    .endUpdateStrategy()
                    .withNewSelector()
                    .withMatchLabels(SELECTED)
                    .endSelector()
                    .withNewTemplate()
                    .withNewMetadata()
                    .withLabels(SELECTED)
                    .endMetadata()
                    .withNewSpec()
                    .withNodeSelector(Map.of("no", "node"))
                    .addNewContainer()
                    .withName("agent")
                    .withImage("example/agent:1")
                    .endContainer()
                    .endSpec()
                    .endTemplate()
                    .endSpec()
                    .build())
            .create();
    return new OwnerReferenceBuilder()
        .withApiVersion("apps/v1")
        .withKind("DaemonSet")
        .withName(agents.getMetadata().getName())
        .withUid(agents.getMetadata().getUid())
        .withController(true)
        .build();
  }

  @Test
  void whileTheApiIsAwayTheLastListStays() {
    create("a", "node-1", "default", "10.0.0.1");
    pods.start(agents::set);
    await().atMost(PATIENCE).until(() -> names().equals(List.of("node-1")));

    gate.shut();

    await().atMost(PATIENCE).until(() -> !pods.isCurrent());
    assertThat(names()).containsExactly("node-1");
  }

  @Test
  void cursorsOutliveTheScraperInAConfigMap() {
    ConfigMapCursors cursors = new ConfigMapCursors(home);
    assertThat(cursors.load()).isEmpty();

    cursors.save(Map.of("node-1", Bookmark.at(new WindowCursor("boot", 1))));
    cursors.save(Map.of("node-1", Bookmark.at(new WindowCursor("boot", 2))));

    assertThat(new ConfigMapCursors(home).load())
        .containsExactly(Map.entry("node-1", Bookmark.at(new WindowCursor("boot", 2))));
  }

  @Test
  void aBrokenConfigMapCostsReadingAgainNothingMore() {
    ConfigMapCursors cursors = new ConfigMapCursors(home);
    cursors.save(Map.of());
    client
        .configMaps()
        .withName("default-scraper-cursors")
        .edit(map -> {
          map.setData(
              Map.of(ConfigMapCursors.KEY, "{\"node-1\":\"no cursor\",\"node-2\":\"b:3\"}"));
          return map;
        });

    assertThat(cursors.load())
        .containsExactly(Map.entry("node-2", Bookmark.at(new WindowCursor("b", 3))));
  }

  private List<String> names() {
    return agents.get().stream().map(AgentEndpoint::name).toList();
  }

  private void create(
      String name, String node, String mesh, String host, OwnerReference... owners) {
    Pod template = AgentPodsTest.pod(name, node, "Running", host);
    Pod pod =
        new PodBuilder(template)
            .editMetadata()
            .withLabels(Names.labels(mesh, Names.Component.AGENT))
            .addToLabels(owners.length > 0 ? SELECTED : Map.of())
            .withOwnerReferences(owners)
            .endMetadata()
            .editSpec()
            .withServiceAccountName(ScraperAccount.NAME)
            .editFirstContainer()
            .withImage("example/agent:1")
            .endContainer()
            .endSpec()
            .editStatus()
            .withHostIP(host)
            .endStatus()
            .build();
    client.pods().resource(pod).create();
    client
        .pods()
        .withName(name)
        .editStatus(created -> new PodBuilder(created).withStatus(pod.getStatus()).build());
  }
}
