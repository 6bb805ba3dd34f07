package io.llamamesh.agent.config;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapList;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.llamamesh.crd.Names;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches one ConfigMap, that of this node, and nothing else. While the API cannot be reached the
 * last good document runs: an outage of the API must not blind the network monitor.
 */
public final class KubernetesConfig implements ConfigSource {

  private static final Logger LOG = LoggerFactory.getLogger(KubernetesConfig.class);

  /** How long the API may take to tell the first state before the copy is used. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final ConfigApplier applier;
  private final String origin;
  private final KubernetesClient client;
  private final SharedIndexInformer<ConfigMap> informer;
  private final @Nullable LocalCopy copy;

  private KubernetesConfig(
      ConfigApplier applier,
      String origin,
      KubernetesClient client,
      String namespace,
      String name,
      @Nullable LocalCopy copy) {
    this.applier = applier;
    this.copy = copy;
    this.origin = origin;
    this.client = client;
    this.informer = client.configMaps().inNamespace(namespace).withName(name).runnableInformer(0);
  }

  /**
   * Starts watching; returns at once.
   *
   * @param copy used when the API does not answer in time; null for none
   */
  public static KubernetesConfig start(
      String namespace, String mesh, String node, ConfigApplier applier, @Nullable LocalCopy copy) {
    KubernetesClient client =
        new KubernetesClientBuilder()
            .withHttpClientFactory(new JdkHttpClientFactory())
            .withKubernetesSerialization(serialization())
            .build();
    return start(client, namespace, mesh, node, applier, copy);
  }

  /**
   * Knows the two kinds that we meet. By default the client looks up and loads every kind there is:
   * a second of CPU and some 15 MB for nothing.
   */
  private static KubernetesSerialization serialization() {
    KubernetesSerialization serialization = new KubernetesSerialization(new ObjectMapper(), false);
    serialization.registerKubernetesResource(ConfigMap.class);
    serialization.registerKubernetesResource(ConfigMapList.class);
    serialization.registerKubernetesResource(Status.class);
    return serialization;
  }

  /** The same with a client, which is closed with this. */
  static KubernetesConfig start(
      KubernetesClient client,
      String namespace,
      String mesh,
      String node,
      ConfigApplier applier,
      @Nullable LocalCopy copy) {
    String name = Names.configMap(mesh, node);
    KubernetesConfig config =
        new KubernetesConfig(
            applier, "configmap " + namespace + "/" + name, client, namespace, name, copy);
    config.watch();
    return config;
  }

  private void watch() {
    informer.addEventHandler(new Handler());
    informer.exceptionHandler((started, cause) -> {
      LOG.warn(
          "watching the config failed, trying again origin={} error={}", origin, cause.toString());
      return true;
    });
    CompletableFuture<Void> first = informer.start().toCompletableFuture();
    var _ =
        first
            .copy()
            .orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
            .whenComplete((done, late) -> {
              if (late != null) {
                fromCopy();
              }
            });
    var _ =
        first.thenRun(() -> {
          if (informer.getStore().list().isEmpty()) {
            applier.remove(origin);
          }
        });
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

  private final class Handler implements ResourceEventHandler<ConfigMap> {
    @Override
    public void onAdd(ConfigMap map) {
      take(map);
    }

    @Override
    public void onUpdate(ConfigMap before, ConfigMap map) {
      take(map);
    }

    @Override
    public void onDelete(ConfigMap map, boolean finalStateUnknown) {
      applier.remove(origin);
    }

    private void take(ConfigMap map) {
      String yaml = map.getData() == null ? null : map.getData().get(Names.CONFIG_KEY);
      if (yaml == null) {
        applier.refuse(origin, "key " + Names.CONFIG_KEY + " is missing");
      } else if (!applier.apply(yaml, origin)) {
        fromCopy();
      }
    }
  }

  /** Stops watching. */
  @Override
  public void close() {
    informer.stop();
    client.close();
  }
}
