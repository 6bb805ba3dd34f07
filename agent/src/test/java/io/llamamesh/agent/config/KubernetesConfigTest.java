package io.llamamesh.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.kube.ApiAccess;
import io.llamamesh.agent.kube.WatchContact;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent's config while there is no API; {@link KubernetesConfigIT} has the rest. */
class KubernetesConfigTest {

  @TempDir private Path folder;
  private final List<ProbePlan> plans = new CopyOnWriteArrayList<>();

  @Test
  void anUnreachableApiLeavesTheLastGoodDocument() throws IOException {
    LocalCopy copy = new LocalCopy(folder);
    copy.write(document(2));
    ConfigApplier applier = applier(plans::add, copy);
    ApiAccess api = ApiAccess.plain(URI.create("http://127.0.0.1:" + closedPort()), "agent");

    try (KubernetesConfig config =
        KubernetesConfig.start(
            api, "default", "mesh", "node-1", applier, copy, new WatchContact(System::nanoTime))) {
      await().until(() -> plans.size() == 1);
      assertThat(plans.getFirst().pairs()).hasSize(2);
      assertThat(applier.state().origin()).startsWith("copy of");
      assertThat(config).isNotNull();
    }
  }

  static ConfigApplier applier(Consumer<ProbePlan> plans, LocalCopy copy) {
    return new ConfigApplier(
        new PlanMapper(target -> InetAddress.ofLiteral("127.0.0.1"), "node-1"),
        HostNames.ofSystem(),
        plans,
        copy,
        8100);
  }

  static String document(int targets) {
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

  private static int closedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
