package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.kube.ApiClients;
import io.llamamesh.kube.WatchAges;
import io.llamamesh.operator.EmbeddedOperator;
import io.llamamesh.operator.OperatorOptions;
import io.llamamesh.operator.resources.Images;
import io.llamamesh.operator.run.LeaderElection;
import io.llamamesh.operator.run.OperatorRunner;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** An operator of several namespaces, with rights in some of them. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
@Order(1)
final class NamespacesIT {
  private static final String ACCOUNT = "operator";

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final List<HasMetadata> made = new ArrayList<>();
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Logger logger =
      (Logger) LoggerFactory.getLogger("io.llamamesh.operator.run.ServedNamespaces");
  private TestCluster given;
  private KubernetesClient client;
  private String first;
  private String second;

  @BeforeEach
  void start(TestCluster cluster) {
    given = cluster;
    client = cluster.client();
    first = cluster.namespace();
    second = first + "-b";
    create(
        new ServiceAccountBuilder()
            .withNewMetadata()
            .withName(ACCOUNT)
            .withNamespace(first)
            .endMetadata()
            .build());
    create(new ClusterRoleBuilder(role()).withNewMetadata().withName(first).endMetadata().build());
    create(
        new ClusterRoleBuilder()
            .withNewMetadata()
            .withName(second)
            .endMetadata()
            .withRules(
                new PolicyRuleBuilder()
                    .withApiGroups("")
                    .withResources("nodes")
                    .withVerbs("list", "watch")
                    .build())
            .build());
    create(
        new ClusterRoleBindingBuilder()
            .withNewMetadata()
            .withName(second)
            .endMetadata()
            .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", second)
            .addNewSubject(null, "ServiceAccount", ACCOUNT, first)
            .build());
    create(
        new NodeBuilder()
            .withNewMetadata()
            .withName(first)
            .withLabels(Map.of("kubernetes.io/os", "linux", ClusterUnderTest.LABEL, first))
            .endMetadata()
            .build());
    bind(first);
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(log);
    client.namespaces().withName(second).delete();
    made.reversed().forEach(object -> client.resource(object).delete());
  }

  @Test
  void aNamespaceThatIsNotThereIsNamedAndServedOnceItIsAndTheOthersAreAtOnce() {
    mesh(first);
    try (OperatorRunner runner = run()) {
      await().until(() -> isServed(first));
      assertThat(runner.readinessProblem()).isEmpty();
      assertThat(gauge(first)).isEqualTo(1);
      assertThat(gauge(second)).isZero();
      // What is served is not asked for in full again and again.
      long lists = lists();
      await().during(Duration.ofSeconds(25)).until(() -> lists() == lists);
      assertThat(log.list)
          .extracting(ILoggingEvent::getFormattedMessage)
          .filteredOn(line -> line.contains("namespace=" + second))
          .singleElement()
          .asString()
          .startsWith("namespace not served");

      client
          .resource(new NamespaceBuilder().withNewMetadata().withName(second).endMetadata().build())
          .create();
      bind(second);
      mesh(second);

      await().until(() -> isServed(second));
      assertThat(gauge(second)).isEqualTo(1);
      // The first is served on, without having been begun anew.
      assertThat(runner.isLeading()).isTrue();
    }
  }

  @Test
  void aNamespaceThatGoesIsNamedAndServedAgainWhenItIsBackWithItsRights() {
    client
        .resource(new NamespaceBuilder().withNewMetadata().withName(second).endMetadata().build())
        .create();
    HasMetadata binding = bind(second);
    mesh(second);
    try (OperatorRunner runner = run()) {
      await().until(() -> isServed(second));

      client.resource(binding).delete();

      // What is served is asked for once a minute.
      await().atMost(Duration.ofMinutes(3)).until(() -> gauge(second) == 0);
      mesh(first);
      await().until(() -> isServed(first));
      assertThat(runner.livenessProblem()).isEmpty();

      bind(second);
      await().until(() -> gauge(second) == 1);
      client.resource(mesh(second, "later", 9300)).create();
      await().until(() -> isServed(second, "later"));
    }
  }

  @Test
  void whoStandsByOrHasEndedSaysNothingOfNamespaces() {
    SimpleMeterRegistry others = new SimpleMeterRegistry();
    OperatorRunner leader = candidate("a", meters);
    await().until(() -> gauges(meters) == 2 && gauge(first) == 1);
    OperatorRunner standby = candidate("b", others);
    try (standby) {
      try (leader) {
        await().until(() -> standby.readinessProblem().isEmpty());
        assertThat(standby.isLeading()).isFalse();
        assertThat(gauges(others)).isZero();
      }
      assertThat(gauges(meters)).isZero();
      await().until(() -> gauges(others) == 2);
    }
  }

  @Test
  void anEndInTheMidstOfServingAnotherIsNoFault() throws Exception {
    client
        .resource(new NamespaceBuilder().withNewMetadata().withName(second).endMetadata().build())
        .create();
    bind(second);
    try (KubernetesClient own =
            ApiClients.of(() -> given.serviceAccountConfig(ACCOUNT)).open(new WatchAges());
        EmbeddedOperator operator =
            EmbeddedOperator.start(
                own,
                new OperatorOptions(
                    Set.of(first), new Images("agent:test", "scraper:test", "registry:test")))) {
      operator.stopReconciling();

      Thread asking =
          Thread.ofVirtual()
              .start(() -> {
                Thread.currentThread().interrupt();
                operator.changeNamespaces(Set.of(first, second));
              });

      assertThat(asking.join(Duration.ofSeconds(60))).isTrue();
      assertThat(operator.isBroken()).isFalse();
    }
  }

  @Test
  void withoutAnyItSaysWhyAndWaits() {
    try (OperatorRunner runner =
        OperatorRunner.start(
            ApiClients.of(() -> given.serviceAccountConfig(ACCOUNT)),
            new OperatorOptions(
                Set.of(second), new Images("agent:test", "scraper:test", "registry:test")),
            null,
            meters)) {
      await().until(() -> runner.readinessProblem().contains("a right is missing"));
      assertThat(runner.readinessProblem()).contains(second);
    }
  }

  private OperatorRunner run() {
    return OperatorRunner.start(
        ApiClients.of(() -> given.serviceAccountConfig(ACCOUNT)),
        new OperatorOptions(
            Set.of(first, second), new Images("agent:test", "scraper:test", "registry:test")),
        null,
        meters);
  }

  private OperatorRunner candidate(String name, SimpleMeterRegistry registry) {
    return OperatorRunner.start(
        ApiClients.of(() -> given.serviceAccountConfig(ACCOUNT)),
        new OperatorOptions(
            Set.of(first, second), new Images("agent:test", "scraper:test", "registry:test")),
        new LeaderElection(first, name),
        registry);
  }

  private static int gauges(SimpleMeterRegistry registry) {
    return registry.find("llamamesh.operator.namespace.served").gauges().size();
  }

  private long lists() {
    return given.audit().requestsOf("system:serviceaccount:" + first + ":" + ACCOUNT).stream()
        .filter(request -> request.right().equals("list configmaps"))
        .count();
  }

  private double gauge(String namespace) {
    return meters
        .get("llamamesh.operator.namespace.served")
        .tag("namespace", namespace)
        .gauge()
        .value();
  }

  private void mesh(String namespace) {
    client.resource(mesh(namespace, "m", namespace.equals(first) ? 9100 : 9200)).create();
  }

  /** On the nodes that they share, meshes must not have the same ports. */
  private LlamaMesh mesh(String namespace, String name, int port) {
    return ClusterUnderTest.meshOf(
        first,
        namespace,
        name,
        """
        reflector: {port: %1$d}
        collector: {apiPort: %1$d}
        ports: [{name: default, basePort: 3%1$d}]
        """
            .formatted(port));
  }

  private boolean isServed(String namespace) {
    return isServed(namespace, "m");
  }

  private boolean isServed(String namespace, String name) {
    return client.apps().daemonSets().inNamespace(namespace).withName(name + "-agent").get()
        != null;
  }

  private HasMetadata bind(String namespace) {
    return client
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withName(ACCOUNT)
                .withNamespace(namespace)
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", first)
                .addNewSubject(null, "ServiceAccount", ACCOUNT, first)
                .build())
        .create();
  }

  private void create(HasMetadata object) {
    made.add(client.resource(object).create());
  }

  private static ClusterRole role() {
    InputStream file =
        Objects.requireNonNull(
            NamespacesIT.class.getResourceAsStream("/io/llamamesh/operator/cluster-role.yaml"));
    return Serialization.unmarshal(file, ClusterRole.class);
  }
}
