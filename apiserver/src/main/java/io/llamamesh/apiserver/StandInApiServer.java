package io.llamamesh.apiserver;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.llamamesh.apiserver.gc.GarbageCollector;
import io.llamamesh.apiserver.http.ApiHttpServer;
import io.llamamesh.apiserver.journal.RequestJournal;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.objects.Deletion;
import io.llamamesh.apiserver.objects.ObjectService;
import io.llamamesh.apiserver.objects.WriteOptions;
import io.llamamesh.apiserver.store.Change;
import io.llamamesh.apiserver.store.ObjectStore;
import io.llamamesh.apiserver.types.Catalog;
import io.llamamesh.apiserver.types.ResourceType;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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
public final class StandInApiServer implements AutoCloseable {
  private static final String CRDS = "customresourcedefinitions.apiextensions.k8s.io";
  private static final int CHANGES_KEPT = 20_000;

  private final Catalog catalog = new Catalog();
  private final RequestJournal journal = new RequestJournal();
  private final ObjectStore store;
  private final GarbageCollector collector;
  private final ApiHttpServer http;

  private StandInApiServer(InetSocketAddress address, int changesKept) throws IOException {
    this.store = new ObjectStore(changesKept);
    store.listen(this::follow);
    Clock clock = Clock.systemUTC();
    ObjectService objects = new ObjectService(store, clock);
    Deletion deletion = new Deletion(store, objects, clock);
    this.collector = new GarbageCollector(store, catalog, deletion);
    for (String namespace : List.of("default", "kube-node-lease", "kube-public", "kube-system")) {
      ResourceType type = Objects.requireNonNull(catalog.find("", "v1", "namespaces"));
      objects.create(
          type,
          "",
          Json.tree(
              new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build()),
          WriteOptions.by("stand-in"));
    }
    try {
      this.http = new ApiHttpServer(address, catalog, store, objects, deletion, journal);
    } catch (IOException e) {
      collector.close();
      throw e;
    }
  }

  /** Starts on a free port of the loopback address. */
  public static StandInApiServer start() throws IOException {
    return start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  /**
   * Starts on an address; port 0 means any free one.
   *
   * @throws IOException when the address cannot be bound
   */
  public static StandInApiServer start(InetSocketAddress address) throws IOException {
    return new StandInApiServer(address, CHANGES_KEPT);
  }

  /**
   * Starts on a free port and keeps only so many changes per resource for watches: for tests of
   * clients that must cope with 410 (Expired).
   */
  public static StandInApiServer startWithShortHistory(int changesKept) throws IOException {
    return new StandInApiServer(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), changesKept);
  }

  /** Where it is reached: {@code http://127.0.0.1:41234}. */
  public String url() {
    InetSocketAddress address = http.address();
    InetAddress host =
        address.getAddress().isAnyLocalAddress()
            ? InetAddress.getLoopbackAddress()
            : address.getAddress();
    String name = host.getHostAddress();
    return "http://"
        + (host instanceof Inet6Address ? "[" + name + "]" : name)
        + ":"
        + address.getPort();
  }

  /** A client without a name of its own; the caller closes it. */
  public KubernetesClient client() {
    return client("test");
  }

  /** A client that the {@link #journal()} knows by a name; the caller closes it. */
  public KubernetesClient client(String identity) {
    return new KubernetesClientBuilder()
        .withConfig(config(identity))
        .withHttpClientFactory(new JdkHttpClientFactory())
        .build();
  }

  /** The connection of {@link #client(String)}, for whoever builds a client differently. */
  public Config config(String identity) {
    return new ConfigBuilder(Config.empty())
        .withMasterUrl(url())
        .withNamespace("default")
        .withOauthToken(identity)
        // A server error here is a bug or a wrong document, not a bad moment: say so at once,
        // instead of trying for twenty seconds.
        .withRequestRetryBackoffLimit(1)
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

  /** Who asked for what since the start or the last reset. */
  public RequestJournal journal() {
    return journal;
  }

  @Override
  public void close() {
    store.close();
    http.close();
    collector.close();
  }

  private void follow(Change change) {
    if (change.object().key().bucket().equals(CRDS)) {
      if (change instanceof Change.Deleted) {
        catalog.undefine(change.object().tree());
      } else {
        catalog.define(change.object().tree());
      }
    }
  }
}
