package io.llamamesh.testkit.junit;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceRule;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectRulesReviewBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.llamamesh.testkit.AuditLog;
import io.llamamesh.testkit.ControlPlane;
import io.llamamesh.testkit.Edits;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Assumptions;

/** One test's piece of a cluster: a namespace, and clients that use it by default. */
public final class TestCluster implements AutoCloseable {
  private static final long TOKEN_SECONDS = 3600;
  private static final long LEARNED_WITHIN_SECONDS = 30;

  private final TestServer server;
  private final String namespace;
  private final List<KubernetesClient> clients = new ArrayList<>();
  private final KubernetesClient client;

  TestCluster(TestServer server, String namespace) {
    this.server = server;
    this.namespace = namespace;
    this.client = keep(client(new ConfigBuilder(server.config()).withNamespace(namespace).build()));
    client
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(namespace)
                .addToLabels("llamamesh.io/test", "true")
                .endMetadata()
                .build())
        .create();
  }

  static KubernetesClient client(Config config) {
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withHttpClientFactory(new JdkHttpClientFactory())
        .build();
  }

  private KubernetesClient keep(KubernetesClient made) {
    clients.add(made);
    return made;
  }

  /** The test's own namespace. */
  public String namespace() {
    return namespace;
  }

  /** A client for the test itself, which may do everything; closed after the test. */
  public KubernetesClient client() {
    return client;
  }

  /**
   * A further client that may do everything, closed after the test: for the program under test.
   *
   * @param identity the user as whom the audit log names it
   */
  public KubernetesClient newClient(String identity) {
    return keep(client(config(identity)));
  }

  /** The connection of {@link #newClient}. */
  public Config config(String identity) {
    return new ConfigBuilder(server.config())
        .withNamespace(namespace)
        .withImpersonateUsername(identity)
        .withImpersonateGroups("system:masters")
        .build();
  }

  /**
   * The connection of a ServiceAccount, which may do what its bindings grant and nothing else.
   *
   * @param account in the test's namespace
   */
  public Config serviceAccountConfig(String account) {
    return new ConfigBuilder(server.config())
        .withNamespace(namespace)
        .withOauthToken(token(account))
        .build();
  }

  /** A kubeconfig of {@link #serviceAccountConfig}, for a process of its own. */
  public String serviceAccountKubeconfig(String account) {
    return controlPlane().tokenKubeconfig(token(account));
  }

  /** A client with {@link #serviceAccountConfig}, closed after the test. */
  public KubernetesClient serviceAccountClient(String account) {
    return keep(client(serviceAccountConfig(account)));
  }

  /** Applies the objects of a file, as {@code kubectl apply --server-side} does. */
  public void apply(Path file) {
    try (InputStream yaml = Files.newInputStream(file)) {
      client.load(yaml).forceConflicts().serverSideApply();
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be applied", e);
    }
  }

  /**
   * Makes a ServiceAccount and binds a ClusterRole to it, both in the test's namespace.
   *
   * @param role the name of one that is there
   */
  public void serviceAccount(String name, String role) {
    client
        .resource(
            new ServiceAccountBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
    client
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", role)
                .addNewSubject(null, "ServiceAccount", name, namespace)
                .build())
        .create();
    await(() -> !rights(name).granted().isEmpty(), "rights of " + name);
  }

  /** The rights of a ServiceAccount of the test's namespace there, and those it has used. */
  public Rights rights(String account) {
    Config nobody =
        new ConfigBuilder(server.config())
            .withImpersonateUsername("nobody")
            .withImpersonateGroups("system:authenticated")
            .build();
    return Rights.of(
        review(serviceAccountConfig(account)),
        review(nobody),
        audit().requestsOf("system:serviceaccount:" + namespace + ":" + account));
  }

  /** The rules that hold for somebody in the test's namespace, by the authoriser's own word. */
  private List<ResourceRule> review(Config who) {
    try (KubernetesClient asking = client(who)) {
      return asking
          .resource(
              new SelfSubjectRulesReviewBuilder()
                  .withNewSpec()
                  .withNamespace(namespace)
                  .endSpec()
                  .build())
          .create()
          .getStatus()
          .getResourceRules();
    }
  }

  /** As {@link Edits#retryOnConflict}. */
  public static void retryOnConflict(Runnable edit) {
    Edits.retryOnConflict(edit);
  }

  /** Authorisers and admission learn of new objects a moment later. */
  static void await(BooleanSupplier condition, String what) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LEARNED_WITHIN_SECONDS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException(what + ": not seen by the API server");
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
  }

  private String token(String account) {
    return client
        .serviceAccounts()
        .inNamespace(namespace)
        .withName(account)
        .tokenRequest(
            new TokenRequestBuilder()
                .withNewSpec()
                .withExpirationSeconds(TOKEN_SECONDS)
                .endSpec()
                .build())
        .getStatus()
        .getToken();
  }

  /** The requests; the test is skipped on somebody's cluster, which has no audit log for us. */
  public AuditLog audit() {
    return controlPlane().audit();
  }

  /** The control plane itself; the test is skipped where it is not ours. */
  public ControlPlane controlPlane() {
    ControlPlane plane = server.plane();
    Assumptions.assumeTrue(plane != null, "the cluster is not ours: no audit log, no restarts");
    return java.util.Objects.requireNonNull(plane);
  }

  /** Deletes the namespace, without waiting for its end, and closes the clients. */
  @Override
  public void close() {
    try {
      client.namespaces().withName(namespace).delete();
    } finally {
      clients.forEach(KubernetesClient::close);
    }
  }
}
