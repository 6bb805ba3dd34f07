package io.llamamesh.agent.config;

import io.llamamesh.agent.kube.ApiAccess;
import io.llamamesh.agent.kube.ConfigMapWatch;
import io.llamamesh.agent.kube.WatchContact;
import io.llamamesh.crd.Names;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows one ConfigMap, that of this node, and nothing else. While the API cannot be reached the
 * last good document runs: an outage of the API must not blind the network monitor.
 */
public final class KubernetesConfig implements ConfigSource {

  private static final Logger LOG = LoggerFactory.getLogger(KubernetesConfig.class);

  /** How long the API may take to tell the first state before the copy is used. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final ConfigApplier applier;
  private final String origin;
  private final @Nullable LocalCopy copy;
  private final CompletableFuture<Void> first = new CompletableFuture<>();
  private final ConfigMapWatch watch;

  private KubernetesConfig(
      ApiAccess api,
      String namespace,
      String name,
      ConfigApplier applier,
      @Nullable LocalCopy copy,
      WatchContact contact) {
    this.applier = applier;
    this.copy = copy;
    this.origin = "configmap " + namespace + "/" + name;
    var _ =
        first
            .copy()
            .orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
            .whenComplete((done, late) -> {
              if (late != null) {
                fromCopy();
              }
            });
    this.watch = ConfigMapWatch.start(api, namespace, name, new Heard(), contact);
  }

  /**
   * Starts watching; returns at once.
   *
   * @param copy used when the API does not answer in time; null for none
   * @param contact is told whenever the API answers
   */
  public static KubernetesConfig start(
      ApiAccess api,
      String namespace,
      String mesh,
      String node,
      ConfigApplier applier,
      @Nullable LocalCopy copy,
      WatchContact contact) {
    return new KubernetesConfig(
        api, namespace, Names.configMap(mesh, node), applier, copy, contact);
  }

  private void fromCopy() {
    if (copy == null || applier.state().applied() > 0) {
      return;
    }
    try {
      copy.read().ifPresent(yaml -> applier.apply(yaml, "copy of " + origin));
    } catch (IOException e) {
      LOG.warn("config copy not readable error={}", e.toString());
    }
  }

  private final class Heard implements ConfigMapWatch.Listener {
    @Override
    public void present(Map<String, String> data) {
      first.complete(null);
      String yaml = data.get(Names.CONFIG_KEY);
      if (yaml == null) {
        applier.refuse(origin, "key " + Names.CONFIG_KEY + " is missing");
      } else if (!applier.apply(yaml, origin)) {
        fromCopy();
      }
    }

    @Override
    public void absent() {
      first.complete(null);
      applier.remove(origin);
    }

    @Override
    public void failed(IOException cause) {
      LOG.warn(
          "watching the config failed, trying again origin={} error={}", origin, cause.toString());
    }
  }

  /** Stops watching. */
  @Override
  public void close() {
    watch.close();
  }
}
