package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.kube.ApiClients;
import io.llamamesh.operator.OperatorOptions;
import io.llamamesh.operator.election.LeaseTimings;
import io.llamamesh.operator.resources.Images;
import io.llamamesh.operator.run.LeaderElection;
import io.llamamesh.operator.run.OperatorRunner;
import io.llamamesh.testkit.TcpProxy;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The operator's process while the API server cannot be reached. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
final class OutageIT {
  private static final LeaseTimings QUICK =
      new LeaseTimings(
          Duration.ofSeconds(3),
          Duration.ofSeconds(2),
          Duration.ofMillis(500),
          Duration.ofMillis(250));

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private TestCluster cluster;
  private TcpProxy proxy;

  @BeforeEach
  void start(TestCluster given) throws IOException {
    cluster = given;
    proxy = new TcpProxy(URI.create(given.config("operator").getMasterUrl()));
  }

  @AfterEach
  void stop() {
    proxy.close();
  }

  enum Outage {
    /** Nobody listens. */
    REFUSED,
    /** Packets vanish. */
    SILENT
  }

  @ParameterizedTest
  @EnumSource
  void anOutageIsWaitedForAndTheStatusIsTrueSoonAfter(Outage outage) throws IOException {
    try (OperatorRunner runner = run(new LeaderElection(cluster.namespace(), "a", QUICK))) {
      await().until(() -> runner.operator() != null);
      mesh("before");
      await().until(() -> hasStatus("before"));
      assertThat(runner.readinessProblem()).isEmpty();

      if (outage == Outage.REFUSED) {
        proxy.refuse();
      } else {
        proxy.silence();
      }
      await().until(() -> !runner.isLeading() && runner.operator() == null);
      await()
          .untilAsserted(() ->
              assertThat(runner.readinessProblem())
                  .contains("cannot be reached: ")
                  .contains(outage == Outage.REFUSED ? "connection refused" : "no answer in time")
                  .contains("since"));
      assertThat(runner.livenessProblem()).isEmpty();
      assertThat(leader()).isZero();
      mesh("meanwhile");
      proxy.restore();

      await().atMost(Duration.ofSeconds(20)).until(() -> hasStatus("meanwhile"));
      assertThat(runner.readinessProblem()).isEmpty();
      assertThat(runner.livenessProblem()).isEmpty();
      assertThat(leader()).isEqualTo(1);
      // Gauges of the first term are gone: these are the second's.
      await()
          .untilAsserted(() ->
              assertThat(registry.get("llamamesh.operator.meshes").gauge().value()).isEqualTo(2));
    }
  }

  @Test
  void withoutAnElectionTooAnOutageAtTheStartIsWaitedFor() throws IOException {
    proxy.refuse();
    try (OperatorRunner runner = run(null)) {
      await().until(() -> runner.readinessProblem().contains("connection refused"));
      mesh("m");
      proxy.restore();

      await().until(() -> hasStatus("m"));
      assertThat(runner.readinessProblem()).isEmpty();
    }
  }

  @Test
  void aCleanStopHandsOverWithinTwoSecondsAndTheLastGivesTheLeaseBack() {
    OperatorRunner a = run(new LeaderElection(cluster.namespace(), "a"));
    await().until(() -> a.operator() != null);
    try (OperatorRunner b = run(new LeaderElection(cluster.namespace(), "b"))) {
      await().until(() -> b.readinessProblem().isEmpty());
      assertThat(b.isLeading()).isFalse();
      mesh("m");
      await().until(() -> hasStatus("m"));

      a.close();
      long stopped = System.nanoTime();
      await().pollInterval(Duration.ofMillis(20)).until(b::isLeading);

      assertThat(Duration.ofNanos(System.nanoTime() - stopped)).isLessThan(Duration.ofSeconds(2));
    }
    Lease lease =
        cluster
            .client()
            .leases()
            .inNamespace(cluster.namespace())
            .withName(LeaderElection.LEASE)
            .get();
    assertThat(lease.getSpec().getHolderIdentity()).isNullOrEmpty();
  }

  private OperatorRunner run(@Nullable LeaderElection election) {
    return OperatorRunner.start(
        ApiClients.of(() -> ConnectionsIT.through(proxy, cluster.config("operator"))),
        new OperatorOptions(
            Set.of(cluster.namespace()), new Images("agent:test", "scraper:test", "registry:test")),
        election,
        registry);
  }

  private double leader() {
    return registry.get("llamamesh.operator.leader").gauge().value();
  }

  private void mesh(String name) {
    String namespace = cluster.namespace();
    var _ =
        cluster.client().resource(ClusterUnderTest.meshOf(namespace, namespace, name, "")).create();
  }

  private boolean hasStatus(String name) {
    LlamaMesh mesh =
        cluster
            .client()
            .resources(LlamaMesh.class)
            .inNamespace(cluster.namespace())
            .withName(name)
            .get();
    return mesh != null && mesh.getStatus() != null && mesh.getStatus().conditions() != null;
  }
}
