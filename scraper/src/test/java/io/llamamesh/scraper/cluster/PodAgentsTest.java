package io.llamamesh.scraper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.apiserver.StandInApiServer;
import io.llamamesh.crd.Names;
import io.llamamesh.results.WindowCursor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PodAgentsTest {
  private static final String NAMESPACE = "default";

  private final StandInApiServer api;
  private final KubernetesClient client;
  private final AtomicReference<List<Agent>> agents = new AtomicReference<>(List.of());
  private final PodAgents pods;

  PodAgentsTest() throws IOException {
    api = StandInApiServer.start();
    client = api.client("scraper");
    pods = new PodAgents(client, NAMESPACE, "default");
  }

  @AfterEach
  void stop() {
    pods.close();
    client.close();
    api.close();
  }

  @Test
  void followsPodsThatComeAndGo() {
    create("a", "node-1", "default", "10.0.0.1");
    pods.start(agents::set);
    await().until(() -> names().equals(List.of("node-1")));

    create("b", "node-2", "default", "10.0.0.2");
    await().until(() -> names().equals(List.of("node-1", "node-2")));

    client.pods().inNamespace(NAMESPACE).withName("a").delete();
    await().until(() -> names().equals(List.of("node-2")));
    assertThat(pods.current()).isTrue();
  }

  @Test
  void otherMeshesAgentsAreNotOurs() {
    create("theirs", "node-1", "other", "10.0.0.1");
    create("ours", "node-2", "default", "10.0.0.2");

    pods.start(agents::set);

    await().until(() -> names().equals(List.of("node-2")));
  }

  @Test
  void whileTheApiIsAwayTheLastListStays() {
    create("a", "node-1", "default", "10.0.0.1");
    pods.start(agents::set);
    await().until(() -> names().equals(List.of("node-1")));

    api.close();

    await().until(() -> !pods.current());
    assertThat(names()).containsExactly("node-1");
  }

  @Test
  void cursorsOutliveTheScraperInAConfigMap() {
    ConfigMapCursors cursors = new ConfigMapCursors(new Home(client, NAMESPACE, "default", null));
    assertThat(cursors.load()).isEmpty();

    cursors.save(Map.of("node-1", Bookmark.at(new WindowCursor("boot", 1))));
    cursors.save(Map.of("node-1", Bookmark.at(new WindowCursor("boot", 2))));

    assertThat(new ConfigMapCursors(new Home(client, NAMESPACE, "default", null)).load())
        .containsExactly(Map.entry("node-1", Bookmark.at(new WindowCursor("boot", 2))));
  }

  @Test
  void aBrokenConfigMapCostsReadingAgainNothingMore() {
    ConfigMapCursors cursors = new ConfigMapCursors(new Home(client, NAMESPACE, "default", null));
    cursors.save(Map.of());
    client
        .configMaps()
        .inNamespace(NAMESPACE)
        .withName("default-scraper-cursors")
        .edit(map -> {
          map.setData(
              Map.of(ConfigMapCursors.KEY, "{\"node-1\":\"no cursor\",\"node-2\":\"b:3\"}"));
          return map;
        });

    assertThat(cursors.load())
        .containsExactly(Map.entry("node-2", Bookmark.at(new WindowCursor("b", 3))));
  }

  @Test
  void cursorsOutliveTheScraperInAFile(@TempDir Path folder) {
    Path file = folder.resolve("cursors.json");
    new FileCursors(file).save(Map.of("node-1", Bookmark.at(new WindowCursor("boot", 2))));

    assertThat(new FileCursors(file).load())
        .containsExactly(Map.entry("node-1", Bookmark.at(new WindowCursor("boot", 2))));
    assertThat(new FileCursors(folder.resolve("none")).load()).isEmpty();
  }

  private List<String> names() {
    return agents.get().stream().map(Agent::name).toList();
  }

  private void create(String name, String node, String mesh, String host) {
    Pod template = AgentPodsTest.pod(name, node, "Running", host);
    Pod pod =
        new PodBuilder(template)
            .editMetadata()
            .withNamespace(NAMESPACE)
            .withLabels(Names.labels(mesh, Names.Component.AGENT))
            .endMetadata()
            .editSpec()
            .editFirstContainer()
            .withImage("example/agent:1")
            .endContainer()
            .endSpec()
            .build();
    client.pods().inNamespace(NAMESPACE).resource(pod).create();
    client
        .pods()
        .inNamespace(NAMESPACE)
        .withName(name)
        .editStatus(created -> new PodBuilder(created).withStatus(template.getStatus()).build());
  }
}
