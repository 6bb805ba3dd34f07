package io.llamamesh.operator.main;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.llamamesh.kube.ApiClients;
import io.llamamesh.kube.WatchAges;
import io.llamamesh.kube.WatchLimits;
import io.llamamesh.testkit.TcpProxy;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A watch over a connection whose other end is gone without a word: over web sockets, as real
 * servers have them, and over plain HTTP, as proxies that know none leave us.
 */
@KubernetesCluster
final class ConnectionsIT {
  /** The real ones are fifteen times as long. */
  private static final WatchLimits SHORT =
      new WatchLimits(
          Duration.ofSeconds(2), Duration.ZERO, Duration.ofSeconds(1), Duration.ofSeconds(2));

  private static final Duration WITHIN = Duration.ofSeconds(10);

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aHalfOpenWatchIsCutAndWhatWasMissedIsSeen(boolean onlyHttp, TestCluster cluster)
      throws IOException {
    WatchAges ages = new WatchAges();
    Config config = config(cluster, onlyHttp);
    KubernetesClient writer = cluster.client();
    try (TcpProxy proxy = new TcpProxy(URI.create(config.getMasterUrl()));
        KubernetesClient reader =
            ApiClients.of(() -> through(proxy, config)).withWatchLimits(SHORT).open(ages);
        SharedIndexInformer<ConfigMap> informer = watch(reader)) {
      write(writer, "before", "x");
      await().until(() -> seen(informer, "before"));

      proxy.halfOpen();
      write(writer, "after", "x");

      await().atMost(WITHIN).until(() -> seen(informer, "after"));
      assertThat(ages.oldest()).isLessThan(WITHIN);
      // And again: each watch has its end, not the first alone.
      proxy.halfOpen();
      write(writer, "later", "x");
      await().atMost(WITHIN).until(() -> seen(informer, "later"));
    }
  }

  /** What the client that fabric8 gives everybody does: the reason for ours. */
  @Test
  void withoutTheLimitsNothingIsSeenForAsLong(TestCluster cluster) throws IOException {
    Config config = config(cluster, false);
    KubernetesClient writer = cluster.client();
    try (TcpProxy proxy = new TcpProxy(URI.create(config.getMasterUrl()));
        KubernetesClient reader =
            new KubernetesClientBuilder()
                .withConfig(through(proxy, config))
                .withHttpClientFactory(new JdkHttpClientFactory())
                .build();
        SharedIndexInformer<ConfigMap> informer = watch(reader)) {
      write(writer, "before", "x");
      await().until(() -> seen(informer, "before"));

      proxy.halfOpen();
      write(writer, "after", "x");

      await().during(WITHIN).atMost(WITHIN.multipliedBy(2)).until(() -> !seen(informer, "after"));
    }
  }

  @Test
  void lettersBeyondAsciiDoNotEndAnHttpWatch(TestCluster cluster) {
    Config config = config(cluster, true);
    try (KubernetesClient reader =
            ApiClients.of(() -> config).withWatchLimits(SHORT).open(new WatchAges());
        SharedIndexInformer<ConfigMap> informer = watch(reader)) {
      for (int i = 0; i < 20; i++) {
        write(cluster.client(), "m" + i, "grün – µs 😀".repeat(i * 40));
      }

      await().until(() -> seen(informer, "m19"));
      assertThat(informer.getStore().list())
          .filteredOn(map -> map.getMetadata().getName().startsWith("m"))
          .hasSize(20)
          .allSatisfy(
              map -> assertThat(map.getData().get("text").replace("grün – µs 😀", "")).isEmpty());
      assertThat(informer.isRunning()).isTrue();
    }
  }

  private static Config config(TestCluster cluster, boolean onlyHttp) {
    return new ConfigBuilder(cluster.config("watcher")).withOnlyHttpWatches(onlyHttp).build();
  }

  private static SharedIndexInformer<ConfigMap> watch(KubernetesClient client) {
    return client.configMaps().inform();
  }

  static boolean seen(SharedIndexInformer<ConfigMap> informer, String name) {
    return informer.getStore().list().stream()
        .anyMatch(map -> map.getMetadata().getName().equals(name));
  }

  private static void write(KubernetesClient client, String name, String text) {
    var _ =
        client
            .resource(
                new ConfigMapBuilder()
                    .withNewMetadata()
                    .withName(name)
                    .endMetadata()
                    .withData(Map.of("text", text))
                    .build())
            .create();
  }

  static Config through(TcpProxy proxy, Config config) {
    URI server = URI.create(config.getMasterUrl());
    return new ConfigBuilder(config)
        .withMasterUrl(server.getScheme() + "://" + server.getHost() + ":" + proxy.port())
        .build();
  }

  private static ConditionFactory await() {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(20))
        .ignoreExceptions();
  }
}
