package io.llamamesh.agent.config;

import io.llamamesh.agent.kube.ApiAccess;
import io.llamamesh.agent.kube.ConfigMapWatch;
import io.llamamesh.agent.kube.WatchContact;
import io.llamamesh.crd.Names;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Config source that follows the ConfigMap of this node. While the API cannot be reached the last
 * good document runs: an outage of the API must not blind the network monitor.
 */
public final class KubernetesConfig implements ConfigSource {

  private static final Logger LOG = LoggerFactory.getLogger(KubernetesConfig.class);

  /** Longest wait for the API's first answer before the copy is used. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** Longest wait for a disk that does not answer. */
  private static final long END_MILLIS = 1000;

  private final ConfigApplier applier;
  private final String origin;
  private final @Nullable LocalCopy copy;
  private final Duration patience;
  private final CountDownLatch first = new CountDownLatch(1);
  private final Thread copying;
  private final ConfigMapWatch watch;

  /** Set when nothing may be applied any more. */
  private volatile boolean closed;

  /** Set once the API has answered; guarded by this object. */
  private boolean answered;

  private KubernetesConfig(
      ApiAccess api,
      String namespace,
      String name,
      ConfigApplier applier,
      @Nullable LocalCopy copy,
      WatchContact contact,
      Duration patience) {
    this.applier = applier;
    this.copy = copy;
    this.origin = "configmap " + namespace + "/" + name;
    this.patience = patience;
    this.copying = Thread.ofVirtual().name("config-copy").start(this::applyCopyAfterTimeout);
    this.watch = ConfigMapWatch.start(api, namespace, name, new WatchListener(), contact);
  }

  /**
   * Starts watching; returns at once.
   *
   * @param copy used when the API does not answer in time; null for none
   * @param contact records each answer of the API
   */
  public static KubernetesConfig start(
      ApiAccess api,
      String namespace,
      String mesh,
      String node,
      ConfigApplier applier,
      @Nullable LocalCopy copy,
      WatchContact contact) {
    return start(api, namespace, mesh, node, applier, copy, contact, PATIENCE);
  }

  /**
   * @param patience longest wait for the API's first answer before the copy is used
   */
  static KubernetesConfig start(
      ApiAccess api,
      String namespace,
      String mesh,
      String node,
      ConfigApplier applier,
      @Nullable LocalCopy copy,
      WatchContact contact,
      Duration patience) {
    return new KubernetesConfig(
        api, namespace, Names.nodeConfigMap(mesh, node), applier, copy, contact, patience);
  }

  /** Applies the copy where the API does not answer in time. */
  private void applyCopyAfterTimeout() {
    try {
      if (first.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    Optional<String> yaml = readCopy();
    // The API may have answered while the disk was slow.
    synchronized (this) {
      if (yaml.isPresent() && !answered && !closed) {
        applyCopy(yaml.get());
      }
    }
  }

  private void applyCopy(String yaml) {
    if (applier.state().applied() == 0) {
      applier.tryApply(yaml, "copy of " + origin);
    }
  }

  private Optional<String> readCopy() {
    if (copy == null) {
      return Optional.empty();
    }
    try {
      return copy.read();
    } catch (IOException e) {
      LOG.warn("config copy not readable error={}", e.toString());
      return Optional.empty();
    }
  }

  private synchronized void markAnswered() {
    answered = true;
  }

  private final class WatchListener implements ConfigMapWatch.Listener {
    @Override
    public void present(Map<String, String> data) {
      markAnswered();
      first.countDown();
      String yaml = data.get(Names.CONFIG_KEY);
      if (yaml == null) {
        applier.refuse(origin, "key " + Names.CONFIG_KEY + " is missing");
      } else if (!applier.tryApply(yaml, origin)) {
        readCopy().ifPresent(KubernetesConfig.this::applyCopy);
      }
    }

    @Override
    public void absent() {
      markAnswered();
      first.countDown();
      applier.remove(origin);
    }

    @Override
    public void failed(IOException cause) {
      LOG.warn("config watch failed, retrying origin={} error={}", origin, cause.toString());
    }
  }

  /** Stops watching. */
  @Override
  public void close() {
    closed = true; // without a lock: whoever applies the copy now may wait for a disk
    first.countDown();
    watch.close();
    try {
      copying.join(END_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
