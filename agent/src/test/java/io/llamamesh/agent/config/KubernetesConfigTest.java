package io.llamamesh.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.kube.ApiAccess;
import io.llamamesh.agent.kube.WatchContact;
import io.llamamesh.apiserver.StandInApiServer;
import io.llamamesh.crd.Names;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubernetesConfigTest {

  private static final String NAME = Names.configMap("mesh", "node-1");

  @TempDir private Path folder;
  private final List<ProbePlan> plans = new CopyOnWriteArrayList<>();
  private StandInApiServer server;
  private KubernetesClient client;
  private LocalCopy copy;
  private ConfigApplier applier;

  @BeforeEach
  void start() throws IOException {
    server = StandInApiServer.start();
    client = server.client("operator");
    copy = new LocalCopy(folder);
    applier =
        new ConfigApplier(
            new PlanMapper(target -> InetAddress.ofLiteral("127.0.0.1"), "node-1"),
            HostNames.ofSystem(),
            plans::add,
            copy,
            8100);
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private static String document(int targets) {
    StringBuilder yaml =
        new StringBuilder(
            """
            version: 1
            mesh: mesh
            summarization: {interval: 10}
            ports: {default: {tos: 184, timeout: 500, base_port: 25000}}
            port_groups: {default: [{port: default, count: 4}]}
            rate_limits: {default: {cps: 4}}
            tests: [{targets: default, port_group: default, rate_limit: default}]
            targets:
              default:
            """);
    for (int i = 0; i < targets; i++) {
      yaml.append("  - {name: n")
          .append(i)
          .append(", ip: 127.0.1.")
          .append(i)
          .append(", port: 8100}\n");
    }
    return yaml.toString();
  }

  private static ConfigMap map(String yaml) {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withName(NAME)
        .withNamespace("default")
        .endMetadata()
        .withData(Map.of(Names.CONFIG_KEY, yaml))
        .build();
  }

  private void put(String yaml) {
    var maps = client.configMaps().inNamespace("default");
    if (maps.withName(NAME).get() == null) {
      maps.resource(map(yaml)).create();
    } else {
      maps.resource(map(yaml)).update();
    }
  }

  private KubernetesConfig watch() {
    ApiAccess api = ApiAccess.plain(URI.create(server.url()), "agent");
    return KubernetesConfig.start(
        api, "default", "mesh", "node-1", applier, copy, new WatchContact(System::nanoTime));
  }

  @Test
  void theDocumentOfTheNodeIsFollowedUntilItIsDeleted() throws IOException {
    put(document(2));
    try (KubernetesConfig config = watch()) {
      await().until(() -> plans.size() == 1);
      assertThat(plans.getFirst().pairs()).hasSize(2);
      assertThat(plans.getFirst().pairs().getFirst().trafficClass().tos()).isEqualTo(184);
      assertThat(plans.getFirst().pairs().getFirst().tags())
          .containsEntry("mesh", "mesh")
          .containsEntry("src_name", "node-1")
          .containsEntry("dst_name", "n0")
          .containsEntry("dscp", "46");

      put(document(3));
      await().until(() -> plans.size() == 2);
      assertThat(plans.get(1).pairs()).hasSize(3);
      assertThat(copy.read()).contains(document(3));

      client.configMaps().inNamespace("default").withName(NAME).delete();
      await().until(() -> plans.size() == 3);
      assertThat(plans.get(2).pairs()).isEmpty();
      assertThat(copy.read()).isEmpty();
      assertThat(config).isNotNull();
    }
  }

  @Test
  void aBrokenDocumentLeavesTheRunningOneAndSaysWhy() {
    put(document(2));
    try (KubernetesConfig config = watch()) {
      await().until(() -> plans.size() == 1);

      put(document(2).replace("cps: 4", "cps: 0"));
      await().until(() -> applier.state().error() != null);
      assertThat(applier.state().error()).contains("cps");
      assertThat(applier.state().refused()).isEqualTo(1);
      assertThat(plans).hasSize(1);

      put(document(2));
      await().until(() -> applier.state().error() == null);
      assertThat(config).isNotNull();
    }
  }

  @Test
  void anUnreachableApiLeavesTheLastGoodDocument() throws IOException {
    copy.write(document(2));
    server.close();

    try (KubernetesConfig config = watch()) {
      await().until(() -> plans.size() == 1);
      assertThat(plans.getFirst().pairs()).hasSize(2);
      assertThat(applier.state().origin()).startsWith("copy of");
      assertThat(config).isNotNull();
    }
  }

  @Test
  void aDocumentThatWasDeletedWhileTheAgentWasDownIsNotProbedFromTheCopy() throws IOException {
    copy.write(document(2));

    try (KubernetesConfig config = watch()) {
      await().until(() -> copy.read().isEmpty());
      assertThat(plans).isEmpty();
      assertThat(config).isNotNull();
    }
  }
}
