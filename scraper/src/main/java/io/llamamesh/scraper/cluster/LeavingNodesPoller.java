package io.llamamesh.scraper.cluster;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.crd.Names;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Poller of the operator's ConfigMap of leaving nodes. While it cannot be read the last known names
 * are kept. Owns one thread, which ends with {@link #close}, but not the client.
 */
final class LeavingNodesPoller implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LeavingNodesPoller.class);
  private static final Duration POLL_INTERVAL = Duration.ofSeconds(3);

  private final KubernetesClient client;
  private final String namespace;
  private final String name;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile Set<String> names = Set.of();
  private boolean failing;

  LeavingNodesPoller(KubernetesClient client, String namespace, String mesh) {
    this.client = client;
    this.namespace = namespace;
    this.name = Names.leavingConfigMap(mesh);
  }

  void start() {
    var _ = Thread.ofVirtual().name("leaving-nodes").start(this::run);
  }

  /** Names of leaving nodes. */
  Set<String> names() {
    return names;
  }

  private void run() {
    try {
      do {
        refresh();
      } while (!closed.await(POLL_INTERVAL.toNanos(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void refresh() {
    try {
      names = names(client.configMaps().inNamespace(namespace).withName(name).get());
      failing = false;
    } catch (KubernetesClientException | IllegalStateException e) {
      if (!failing && closed.getCount() > 0) {
        LOG.warn(
            "leaving nodes not read, keeping last known ones configMap={} error={}", name, e + "");
      }
      failing = true;
    }
  }

  static Set<String> names(@Nullable ConfigMap map) {
    String lines =
        map == null || map.getData() == null ? null : map.getData().get(Names.LEAVING_KEY);
    return lines == null
        ? Set.of()
        : lines.lines().filter(line -> !line.isBlank()).collect(Collectors.toUnmodifiableSet());
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
