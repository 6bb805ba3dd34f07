package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.crd.Names;
import io.llamamesh.scraper.stores.RealStore;
import io.llamamesh.scraper.testing.CuttableProxy;
import io.llamamesh.scraper.testing.FakeFullMesh;
import io.llamamesh.scraper.testing.Meshes;
import io.llamamesh.scraper.testing.ScraperAccount;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two scrapers of one mesh, as processes with the rights of scrapers on a real Kubernetes API: one
 * writes, and the other takes over.
 */
@KubernetesCluster(crds = Meshes.CRD)
final class ReplicasIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final Path folder;
  private final RealStore store;
  private final FakeFullMesh load;
  private final List<ScraperProcess> scrapers = new ArrayList<>();
  private TestCluster cluster;
  private KubernetesClient client;
  private CuttableProxy gate;
  private String meshUid;

  ReplicasIT(@TempDir Path folder) throws IOException {
    this.folder = folder;
    this.store = RealStore.Kind.QUEST_DB.in(folder.resolve("store"));
    this.load = new FakeFullMesh(4);
  }

  @BeforeEach
  void startAll(TestCluster given) throws Exception {
    cluster = given;
    client = given.client();
    meshUid = Meshes.create(client, given.namespace(), "default");
    String kubeconfig = ScraperAccount.kubeconfig(given);
    String url = given.controlPlane().url();
    gate = new CuttableProxy(url);
    Files.writeString(folder.resolve("kubeconfig"), kubeconfig.replace(url, gate.url()));
    store.start();
    for (int i = 1; i <= load.agents().size(); i++) {
      createPod(i, load.agents().get(i - 1).port());
    }
    load.begin(Duration.ofMillis(500));
    startScraper("first");
    startScraper("second");
    await().atMost(PATIENCE).until(() -> leaders().size() == 1);
  }

  @AfterEach
  void stopAll() {
    scrapers.forEach(ScraperProcess::close);
    load.close();
    store.close();
    gate.close();
    for (int i = 1; i <= load.agents().size(); i++) {
      client.nodes().withName(node(i)).delete();
    }
    assertThat(cluster.rights(ScraperAccount.NAME).refused()).isEmpty();
  }

  @Test
  void anotherTakesOverFromOneThatIsKilledAndFromOneThatStops() throws Exception {
    awaitWindow();
    ScraperProcess killed = leaders().getFirst();
    long at = System.nanoTime();
    killed.process().kill();
    await().atMost(PATIENCE).until(() -> leaders().size() == 1);
    System.out.printf("leader killed: another leads after %d ms%n", millisSince(at));
    awaitWindow();

    ScraperProcess stopping = leaders().getFirst();
    startScraper("third");
    at = System.nanoTime();
    stopping.process().stop();
    await().atMost(PATIENCE).until(() -> leaders().size() == 1);
    System.out.printf("leader stopped: another leads after %d ms%n", millisSince(at));
    awaitWindow();
    load.end();

    StoreReadback.everyWindowOfEveryPairIsThereOnce("replicas killed and stopped", store, load);
    assertThat(leaders().getFirst().report()).contains("\"state\":\"Reachable\"");
  }

  @Test
  void whileTheApiIsAwayTheLeaderWritesOnAndWhatItMakesIsTheMeshs() throws Exception {
    awaitWindow();
    ScraperProcess leader = leaders().getFirst();
    ScraperProcess other = other(leader);
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(other.report())
                .contains("\"state\":\"Pending\"", "\"message\":\"left to ", "\"agents\":4"));
    assertThat(owners(client.leases().withName("default-scraper").get())).containsExactly(meshUid);

    gate.shut();
    // Longer than the Lease lasts.
    await().pollDelay(Duration.ofSeconds(12)).atMost(PATIENCE).until(() -> true);
    awaitWindow();
    assertThat(leaders()).containsExactly(leader);

    gate.open();
    awaitWindow();
    await().atMost(PATIENCE).until(() -> leaders().size() == 1);
    leaders().getFirst().process().stop();
    assertThat(owners(client.configMaps().withName("default-scraper-cursors").get()))
        .containsExactly(meshUid);
    await().atMost(PATIENCE).until(() -> leaders().size() == 1);
    load.end();

    StoreReadback.everyWindowOfEveryPairIsThereOnce("replicas without the API", store, load);
  }

  /** Until the store has all windows that were published before this call. */
  private void awaitWindow() {
    Set<String> published = load.published();
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(500))
        .until(() -> new HashSet<>(store.rows()).containsAll(published));
  }

  private List<ScraperProcess> leaders() {
    return scrapers.stream().filter(ScraperProcess::leads).toList();
  }

  private ScraperProcess other(ScraperProcess than) {
    return scrapers.stream().filter(scraper -> scraper != than).findFirst().orElseThrow();
  }

  private static List<String> owners(HasMetadata object) {
    return object.getMetadata().getOwnerReferences().stream().map(OwnerReference::getUid).toList();
  }

  private static long millisSince(long nanos) {
    return Duration.ofNanos(System.nanoTime() - nanos).toMillis();
  }

  private void startScraper(String name) throws IOException {
    List<String> options = new ArrayList<>(store.options());
    options.add("--interval=1s");
    ScraperProcess scraper =
        new ScraperProcess(
            folder.resolve(name + ".log"),
            Map.of(
                "KUBECONFIG",
                folder.resolve("kubeconfig").toString(),
                "MESH_NAME",
                "default",
                "MESH_UID",
                meshUid,
                "POD_NAME",
                name,
                "POD_NAMESPACE",
                cluster.namespace()),
            options);
    scrapers.add(scraper);
    scraper.start();
  }

  private String node(int number) {
    return cluster.namespace() + "-" + number;
  }

  private void createPod(int number, int port) {
    // Pods of no node are collected.
    client
        .resource(new NodeBuilder().withNewMetadata().withName(node(number)).endMetadata().build())
        .create();
    var pods = client.pods();
    var created =
        pods.resource(
                new PodBuilder()
                    .withNewMetadata()
                    .withName("agent-" + number)
                    .withLabels(Names.labels("default", Names.Component.AGENT))
                    .endMetadata()
                    .withNewSpec()
                    .withNodeName(node(number))
                    .withServiceAccountName(ScraperAccount.NAME)
                    .addNewContainer()
                    .withName("agent")
                    .withImage("agent")
                    .addNewPort()
                    .withName(Names.API_PORT)
                    .withContainerPort(port)
                    .endPort()
                    .endContainer()
                    .endSpec()
                    .build())
            .create();
    created.setStatus(
        new PodBuilder()
            .withNewStatus()
            .withPhase("Running")
            .withHostIP("127.0.0.1")
            .addNewHostIP("127.0.0.1")
            .endStatus()
            .build()
            .getStatus());
    pods.resource(created).updateStatus();
  }
}
