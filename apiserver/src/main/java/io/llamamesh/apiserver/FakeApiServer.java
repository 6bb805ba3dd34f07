package io.llamamesh.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.llamamesh.apiserver.gc.GarbageCollector;
import io.llamamesh.apiserver.http.ApiHttpServer;
import io.llamamesh.apiserver.journal.RequestJournal;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.objects.ObjectService;
import io.llamamesh.apiserver.objects.WriteOptions;
import io.llamamesh.apiserver.store.ObjectChange;
import io.llamamesh.apiserver.store.ObjectStore;
import io.llamamesh.apiserver.types.Catalog;
import io.llamamesh.apiserver.types.ResourceType;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Objects;

/**
 * A Kubernetes API server in this process, over plain HTTP, its objects in memory: create, read,
 * update, patch, server-side apply, delete, list and watch of the built-in kinds and of whatever
 * CustomResourceDefinitions are created in it. No controllers, scheduler or kubelets: whoever
 * starts it plays these. Everyone may do everything; a bearer token is taken as the client's name.
 *
 * <p>Any thread may call anything. Closing it ends every watch.
 */
public final class FakeApiServer implements AutoCloseable {
  private static final String CRDS = "customresourcedefinitions.apiextensions.k8s.io";
  private static final int CHANGES_KEPT = 20_000;

  private final Catalog catalog = new Catalog();
  private final RequestJournal journal = new RequestJournal();
  private final ObjectStore store;
  private final GarbageCollector collector;
  private final ApiHttpServer http;

  private FakeApiServer(int changesKept) throws IOException {
    this.store = new ObjectStore(changesKept);
    store.listen(this::follow);
    Clock clock = Clock.systemUTC();
    ObjectService objects = new ObjectService(store, clock);
    this.collector = new GarbageCollector(store, catalog, objects);
    for (String namespace : List.of("default", "kube-node-lease", "kube-public", "kube-system")) {
      ResourceType type = Objects.requireNonNull(catalog.find("", "v1", "namespaces"));
      ObjectNode object = Json.object().put("apiVersion", "v1").put("kind", "Namespace");
      Json.metadata(object).put("name", namespace);
      objects.create(type, "", object, WriteOptions.by("stand-in"));
    }
    try {
      this.http = new ApiHttpServer(catalog, store, objects, journal);
    } catch (IOException e) {
      collector.close();
      throw e;
    }
  }

  /** Starts on a free port of the loopback address. */
  public static FakeApiServer start() throws IOException {
    return new FakeApiServer(CHANGES_KEPT);
  }

  /**
   * Starts on a free port and keeps only so many changes per resource for watches: for tests of
   * clients that must cope with 410 (Expired).
   */
  public static FakeApiServer startWithShortHistory(int changesKept) throws IOException {
    return new FakeApiServer(changesKept);
  }

  /** Its URL: {@code http://127.0.0.1:41234}. */
  public String url() {
    return "http://127.0.0.1:" + http.port();
  }

  /** A client without a name of its own; the caller closes it. */
  public KubernetesClient client() {
    return client("test");
  }

  /** A client that the {@link #journal()} knows by a name; the caller closes it. */
  public KubernetesClient client(String identity) {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(Config.empty())
                .withMasterUrl(url())
                .withNamespace("default")
                .withOauthToken(identity)
                // A server error here is a bug or a wrong document, not a bad moment: say so at
                // once, instead of trying for twenty seconds.
                .withRequestRetryBackoffLimit(1)
                .build())
        .withHttpClientFactory(new JdkHttpClientFactory())
        .build();
  }

  /** A kubeconfig for kubectl and other processes. */
  public String kubeconfig() {
    return kubeconfig("kubeconfig");
  }

  /** A kubeconfig whose user the {@link #journal()} knows by a name (letters, digits, dashes). */
  public String kubeconfig(String identity) {
    if (!identity.matches("[-A-Za-z0-9_.:]{1,100}")) {
      throw new IllegalArgumentException("identity must be a plain name: " + identity);
    }
    return """
    apiVersion: v1
    kind: Config
    clusters:
    - name: llama-mesh-stand-in
      cluster:
        server: %s
    users:
    - name: %s
      user:
        token: %s
    contexts:
    - name: llama-mesh-stand-in
      context:
        cluster: llama-mesh-stand-in
        user: %s
        namespace: default
    current-context: llama-mesh-stand-in
    """
        .formatted(url(), identity, identity, identity);
  }

  /** The requests since the start or the last reset. */
  public RequestJournal journal() {
    return journal;
  }

  @Override
  public void close() {
    store.close();
    http.close();
    collector.close();
  }

  private void follow(ObjectChange change) {
    if (change.object().key().bucket().equals(CRDS)) {
      if (change instanceof ObjectChange.Deleted) {
        catalog.undefine(change.object().tree());
      } else {
        catalog.define(change.object().tree());
      }
    }
  }
}
