package io.llamamesh.agent.config;

import io.llamamesh.agent.kube.ApiAccess;
import io.llamamesh.agent.kube.ConfigMapWatch;
import io.llamamesh.agent.kube.WatchContact;
import io.llamamesh.crd.Names;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
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
  private final CopyFallback fallback;
  private final ConfigMapWatch watch;

  private KubernetesConfig(
      ApiAccess api,
      String namespace,
      String name,
      ConfigApplier applier,
      @Nullable LocalCopy copy,
      WatchContact contact,
      Duration patience) {
    this.applier = applier;
    this.origin = "configmap " + namespace + "/" + name;
    this.fallback =
        new CopyFallback(
            applier, copy, origin, () -> applier.state().applied() == 0, patience, "config-copy");
    this.fallback.start();
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

  private final class WatchListener implements ConfigMapWatch.Listener {
    @Override
    public void present(Map<String, String> data) {
      fallback.markDecided();
      fallback.endWait();
      String yaml = data.get(Names.CONFIG_KEY);
      if (yaml == null) {
        applier.refuse(origin, "key " + Names.CONFIG_KEY + " is missing");
      } else if (!applier.tryApply(yaml, origin)) {
        fallback.applyAfterRefusal();
      }
    }

    @Override
    public void absent() {
      fallback.markDecided();
      fallback.endWait();
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
    fallback.stop();
    watch.close();
    try {
      fallback.join(END_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
