package io.llamamesh.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.llamamesh.testkit.AuditLog.Request;
import io.llamamesh.testkit.ControlPlane.Part;
import io.llamamesh.testkit.ControlPlane.Settings;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@KubernetesCluster
class ControlPlaneIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Test
  void controllersGiveEachNamespaceItsServiceAccount(TestCluster cluster) {
    assertThat(
            cluster
                .client()
                .serviceAccounts()
                .inNamespace(cluster.namespace())
                .withName("default")
                .waitUntilCondition(
                    a -> a != null, PATIENCE.toSeconds(), java.util.concurrent.TimeUnit.SECONDS))
        .isNotNull();
  }

  @Test
  void aServiceAccountMayDoWhatItsRoleGrantsAndNothingElse(TestCluster cluster) {
    KubernetesClient admin = cluster.client();
    ServiceAccount reader =
        new ServiceAccountBuilder().withNewMetadata().withName("reader").endMetadata().build();
    admin.resource(reader).create();
    admin
        .resource(
            new RoleBuilder()
                .withNewMetadata()
                .withName("reader")
                .endMetadata()
                .addNewRule()
                .withApiGroups("")
                .withResources("configmaps")
                .withVerbs("list")
                .endRule()
                .build())
        .create();
    admin
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withName("reader")
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "Role", "reader")
                .addNewSubject(null, "ServiceAccount", "reader", cluster.namespace())
                .build())
        .create();

    try (KubernetesClient client =
        new KubernetesClientBuilder()
            .withConfig(cluster.serviceAccountConfig("reader"))
            .withHttpClientFactory(new JdkHttpClientFactory())
            .build()) {
      Awaitility.await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .until(() -> client.configMaps().list() != null);
      assertThatThrownBy(() -> client.configMaps().withName("any").get())
          .isInstanceOf(KubernetesClientException.class)
          .hasMessageContaining("forbidden");
    }
    String user = "system:serviceaccount:" + cluster.namespace() + ":reader";
    assertThat(cluster.audit().requestsOf(user))
        .extracting(Request::right, Request::code)
        .contains(
            org.assertj.core.groups.Tuple.tuple("list configmaps", 200),
            org.assertj.core.groups.Tuple.tuple("get configmaps", 403));
  }

  @Test
  void theAuditLogTellsWhoWroteWhat(TestCluster cluster) {
    ConfigMap map = new ConfigMapBuilder().withNewMetadata().withName("m").endMetadata().build();
    cluster.newClient("somebody").resource(map).create();

    assertThat(cluster.audit().requestsOf("somebody"))
        .filteredOn(Request::isWrite)
        .extracting(Request::right, Request::namespace, Request::code)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("create configmaps", cluster.namespace(), 201));
  }

  @Test
  void anApiServerThatIsKilledComesBackWithWhatItHad(TestCluster cluster) throws Exception {
    ConfigMap map = new ConfigMapBuilder().withNewMetadata().withName("kept").endMetadata().build();
    cluster.client().resource(map).create();

    cluster.controlPlane().kill(Part.API_SERVER);
    assertThat(cluster.controlPlane().isReady()).isFalse();
    cluster.controlPlane().start(Part.API_SERVER);

    assertThat(cluster.client().configMaps().withName("kept").get()).isNotNull();
  }

  @Test
  void aCompactedEtcdHasNoStateOfBefore(TestCluster cluster) throws Exception {
    String before = create(cluster, "first").getMetadata().getResourceVersion();
    create(cluster, "second");

    assertThat(cluster.controlPlane().compactEtcd()).isGreaterThan(Long.parseLong(before));
    // Else it could tell from memory.
    cluster.controlPlane().stop(Part.API_SERVER);
    cluster.controlPlane().start(Part.API_SERVER);

    assertThatThrownBy(() ->
            cluster
                .client()
                .configMaps()
                .list(
                    new ListOptionsBuilder()
                        .withResourceVersion(before)
                        .withResourceVersionMatch("Exact")
                        .build()))
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(410));
  }

  private static ConfigMap create(TestCluster cluster, String name) {
    return cluster
        .client()
        .resource(new ConfigMapBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
  }

  @Test
  void podsAreToldOfTheNextAuthorityBeforeItIsShown(TestCluster cluster, @TempDir Path folder)
      throws Exception {
    Settings loopback =
        Settings.loopback(cluster.controlPlane().program("kubectl").getParent(), folder);
    try (ControlPlane plane =
            ControlPlane.start(
                new Settings(
                    loopback.binaries(),
                    loopback.folder(),
                    loopback.address(),
                    loopback.port(),
                    loopback.prefix(),
                    loopback.nodes(),
                    loopback.arguments(),
                    true));
        KubernetesClient admin =
            new KubernetesClientBuilder()
                .withConfig(plane.config())
                .withHttpClientFactory(new JdkHttpClientFactory())
                .build()) {
      String first = await(() -> told(admin), told -> !told.isEmpty());

      plane.publishAuthorities(true);
      String both = await(() -> told(admin), told -> !told.equals(first));
      assertThat(both).contains(first.strip()).hasSizeGreaterThan(first.length());

      plane.exchangeAuthority();
      plane.publishAuthorities(false);
      String second = await(() -> told(admin), told -> !told.equals(both));
      assertThat(second).isNotEqualTo(first);
      assertThat(both).contains(second.strip());
    }
  }

  private static String await(Callable<String> asked, Predicate<String> wanted) {
    return Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(asked, wanted);
  }

  private static String told(KubernetesClient client) {
    ConfigMap map = client.configMaps().inNamespace("default").withName("kube-root-ca.crt").get();
    return map == null ? "" : map.getData().get("ca.crt");
  }
}
