package io.llamamesh.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ConfigMapList;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class WatchTest {
  private static final int WRITERS = 8;
  private static final int PER_WRITER = 125;

  private static ConfigMap map(String name, String value) {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace("default")
        .addToLabels("app", value)
        .endMetadata()
        .addToData("key", value)
        .build();
  }

  private static final class Collected implements Watcher<ConfigMap> {
    final List<String> events = new CopyOnWriteArrayList<>();
    final List<WatcherException> closed = new CopyOnWriteArrayList<>();

    @Override
    public void eventReceived(Action action, ConfigMap object) {
      events.add(action + " " + object.getMetadata().getName());
    }

    @Override
    public void onClose(WatcherException cause) {
      closed.add(cause);
    }
  }

  @Test
  void aWatchFromAListLosesNothingWrittenInBetween() throws IOException {
    try (FakeApiServer server = FakeApiServer.start();
        KubernetesClient client = server.client()) {
      client.resource(map("before", "x")).create();
      ConfigMapList list = client.configMaps().list();
      client.resource(map("between", "x")).create();
      client.configMaps().withName("before").delete();
      Collected seen = new Collected();

      try (var _ =
          client
              .configMaps()
              .watch(
                  new ListOptionsBuilder()
                      .withResourceVersion(list.getMetadata().getResourceVersion())
                      .build(),
                  seen)) {
        client.resource(map("after", "x")).create();

        await()
            .untilAsserted(() ->
                assertThat(seen.events)
                    .containsExactly("ADDED between", "DELETED before", "ADDED after"));
      }
    }
  }

  @Test
  void anObjectThatLeavesTheSelectionIsDeletedForItsWatcher() throws IOException {
    try (FakeApiServer server = FakeApiServer.start();
        KubernetesClient client = server.client()) {
      Collected seen = new Collected();
      try (var _ = client.configMaps().withLabel("app", "in").watch(seen)) {
        client.resource(map("a", "in")).create();
        client.resource(map("b", "out")).create();
        client.resource(map("a", "out")).update();
        client.resource(map("b", "in")).update();
        client.resource(map("b", "in")).delete();

        await()
            .untilAsserted(() ->
                assertThat(seen.events)
                    .containsExactly("ADDED a", "DELETED a", "ADDED b", "DELETED b"));
      }
    }
  }

  @Test
  void aVersionNoLongerKeptIsAnsweredGone() throws IOException {
    try (FakeApiServer server = FakeApiServer.startWithShortHistory(5);
        KubernetesClient client = server.client()) {
      ConfigMapList list = client.configMaps().list();
      for (int i = 0; i < 10; i++) {
        client.resource(map("m-" + i, "x")).create();
      }
      Collected seen = new Collected();

      try (var _ =
          client
              .configMaps()
              .watch(
                  new ListOptionsBuilder()
                      .withResourceVersion(list.getMetadata().getResourceVersion())
                      .build(),
                  seen)) {
        await().untilAsserted(() -> assertThat(seen.closed).hasSize(1));

        assertThat(seen.closed.getFirst().isHttpGone()).isTrue();
        assertThat(seen.events).isEmpty();
      }
    }
  }

  @Test
  void informersSeeEveryWriteOfManyParallelWriters() throws Exception {
    try (FakeApiServer server = FakeApiServer.start();
        ExecutorService writers = Executors.newFixedThreadPool(WRITERS)) {
      List<KubernetesClient> clients = new ArrayList<>();
      List<SharedIndexInformer<ConfigMap>> informers = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        KubernetesClient client = server.client("watcher-" + i);
        clients.add(client);
        informers.add(client.configMaps().inNamespace("default").inform());
      }
      KubernetesClient writer = server.client("writer");
      clients.add(writer);
      List<Future<?>> done = new ArrayList<>();
      for (int w = 0; w < WRITERS; w++) {
        int number = w;
        done.add(
            writers.submit(() -> {
              for (int i = 0; i < PER_WRITER; i++) {
                ConfigMap map = map("m-" + number + "-" + i, "v");
                writer.resource(map).fieldManager("test").forceConflicts().serverSideApply();
              }
            }));
      }
      for (Future<?> each : done) {
        each.get();
      }

      List<ConfigMap> all = writer.configMaps().list().getItems();
      assertThat(all).hasSize(WRITERS * PER_WRITER);
      for (SharedIndexInformer<ConfigMap> informer : informers) {
        await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(() ->
                assertThat(informer.getStore().list()).containsExactlyInAnyOrderElementsOf(all));
      }
      clients.forEach(KubernetesClient::close);
    }
  }
}
