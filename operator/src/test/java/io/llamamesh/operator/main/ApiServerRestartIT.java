package io.llamamesh.operator.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.kube.ApiClients;
import io.llamamesh.kube.WatchAges;
import io.llamamesh.operator.OperatorOptions;
import io.llamamesh.operator.run.LeaderElection;
import io.llamamesh.operator.run.OperatorRunner;
import io.llamamesh.testkit.Binaries;
import io.llamamesh.testkit.ControlPlane;
import io.llamamesh.testkit.ControlPlane.Part;
import io.llamamesh.testkit.TcpProxy;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A real API server is killed under an operator, and comes back; with the times of production. */
@Execution(ExecutionMode.CONCURRENT)
@Order(1)
final class ApiServerRestartIT {
  private static final Duration AWAY = Duration.ofSeconds(60);
  private static final Duration TRUE_WITHIN = Duration.ofSeconds(30);
  private static final String NAMESPACE = "net";

  @TempDir private Path folder;

  @Test
  void aMinuteWithoutAnApiServerIsWaitedForAndTheStatusIsTrueHalfAMinuteLater() throws Exception {
    try (ControlPlane plane = plane();
        KubernetesClient client = ApiClients.of(plane::config).open(new WatchAges())) {
      install(client);
      try (OperatorRunner runner =
          OperatorRunner.start(
              ApiClients.of(plane::config),
              OperatorOptions.defaults(),
              new LeaderElection(NAMESPACE, "a"),
              new SimpleMeterRegistry())) {
        mesh(client, "before");
        await().until(() -> hasStatus(client, "before"));

        plane.kill(Part.API_SERVER);
        await().until(() -> runner.readinessProblem().contains("connection refused"));
        await()
            .pollInterval(Duration.ofSeconds(1))
            .during(AWAY)
            .atMost(AWAY.plusSeconds(10))
            .until(() -> runner.livenessProblem().isEmpty() && !runner.isLeading());
        plane.start(Part.API_SERVER);
        long back = System.nanoTime();
        mesh(client, "after");

        await().atMost(TRUE_WITHIN).until(() -> hasStatus(client, "after"));
        assertThat(Duration.ofNanos(System.nanoTime() - back)).isLessThan(TRUE_WITHIN);
        assertThat(runner.readinessProblem()).isEmpty();
      }
    }
  }

  /** A server that has started anew knows nothing of before: 410, and the list is read anew. */
  @Test
  void aWatchThatIsTooOldToGoOnMissesNothing() throws Exception {
    try (ControlPlane plane = plane();
        TcpProxy proxy = new TcpProxy(URI.create(plane.config().getMasterUrl()));
        KubernetesClient writer = ApiClients.of(plane::config).open(new WatchAges());
        KubernetesClient reader =
            ApiClients.of(() -> ConnectionsIT.through(proxy, plane.config()))
                .open(new WatchAges());
        SharedIndexInformer<ConfigMap> informer = reader.configMaps().inform()) {
      write(writer, "before");
      await().until(() -> ConnectionsIT.seen(informer, "before"));

      proxy.refuse();
      write(writer, "meanwhile");
      writer.configMaps().inNamespace("default").withName("before").delete();
      plane.kill(Part.API_SERVER);
      plane.start(Part.API_SERVER);
      write(writer, "after");
      proxy.restore();

      await().until(() -> ConnectionsIT.seen(informer, "after"));
      assertThat(ConnectionsIT.seen(informer, "meanwhile")).isTrue();
      assertThat(ConnectionsIT.seen(informer, "before")).isFalse();
    }
  }

  private ControlPlane plane() throws IOException, InterruptedException {
    Binaries binaries = Binaries.find(System.getenv());
    assumeTrue(binaries.folder() != null || System.getenv("CI") != null, binaries.missing());
    return ControlPlane.start(ControlPlane.Settings.loopback(binaries.required(), folder));
  }

  private static void write(KubernetesClient client, String name) {
    await()
        .until(() ->
            client
                    .resource(
                        new ConfigMapBuilder()
                            .withNewMetadata()
                            .withName(name)
                            .withNamespace("default")
                            .endMetadata()
                            .build())
                    .create()
                != null);
  }

  private static void install(KubernetesClient client) throws Exception {
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .create();
    String crd = ClusterUnderTest.CRD.substring("classpath:".length());
    try (InputStream file =
        Objects.requireNonNull(ApiServerRestartIT.class.getResourceAsStream(crd))) {
      for (HasMetadata item : client.load(file).items()) {
        client.resource(item).create();
        client
            .resources(CustomResourceDefinition.class)
            .withName(item.getMetadata().getName())
            .waitUntilCondition(
                found ->
                    found != null
                        && found.getStatus() != null
                        && found.getStatus().getConditions() != null
                        && found.getStatus().getConditions().stream()
                            .anyMatch(c ->
                                c.getType().equals("Established") && c.getStatus().equals("True")),
                30,
                TimeUnit.SECONDS);
      }
    }
  }

  private static void mesh(KubernetesClient client, String name) {
    LlamaMesh mesh = new LlamaMesh();
    mesh.getMetadata().setName(name);
    mesh.getMetadata().setNamespace(NAMESPACE);
    client.resource(mesh).create();
  }

  private static boolean hasStatus(KubernetesClient client, String name) {
    LlamaMesh mesh = client.resources(LlamaMesh.class).inNamespace(NAMESPACE).withName(name).get();
    return mesh != null && mesh.getStatus() != null && mesh.getStatus().conditions() != null;
  }

  private static ConditionFactory await() {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(200))
        .ignoreExceptions();
  }
}
