package io.llamamesh.local.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodCommandTest {
  @Test
  void fieldsAndReferencesAreResolvedAsTheKubeletDoes() {
    Pod pod =
        pod(
            List.of(
                field("NODE_NAME", "spec.nodeName"),
                field("HOST_IPS", "status.hostIPs"),
                literal("MESH_NAME", "default"),
                literal("BOTH", "$(MESH_NAME)@$(NODE_NAME)")),
            List.of("agent", "--name=$(BOTH)", "--price=$$5", "--other=$(UNKNOWN)"));

    PodCommand command = PodCommand.of(pod, Map.of());

    assertThat(command.environment())
        .containsOnly(
            Map.entry("NODE_NAME", "node-1"),
            Map.entry("HOST_IPS", "127.0.0.11,::1"),
            Map.entry("MESH_NAME", "default"),
            Map.entry("BOTH", "default@node-1"));
    assertThat(command.arguments())
        .containsExactly("agent", "--name=default@node-1", "--price=$5", "--other=$(UNKNOWN)");
  }

  @Test
  void mountPathsBecomeTheFoldersThatStandForThem() {
    Pod pod = pod(List.of(), List.of("--state-dir=/var/lib/llama-mesh"));

    PodCommand command = PodCommand.of(pod, Map.of("/var/lib/llama-mesh", "/tmp/x/state"));

    assertThat(command.arguments()).containsExactly("--state-dir=/tmp/x/state");
  }

  @Test
  void aPodWithANetworkOfItsOwnListensOnItsAddressOnly() {
    PodCommand command = PodCommand.of(pod(List.of(), List.of("scraper")), Map.of());

    assertThat(command.on(InetAddress.ofLiteral("127.0.2.7")).arguments())
        .containsExactly("scraper", "--bind=127.0.2.7");
  }

  @Test
  void anAgentBehindARelaySaysWhereItsFabricIsReached() {
    PodCommand command = PodCommand.of(pod(List.of(), List.of("agent")), Map.of());

    assertThat(command.announcing(InetAddress.ofLiteral("127.0.0.12")).arguments())
        .containsExactly("agent", "--fabric-address=127.0.0.12");
  }

  @Test
  void aFieldThatIsNotThereIsRefusedByName() {
    Pod pod = pod(List.of(field("X", "status.qosClass")), List.of());

    assertThatThrownBy(() -> PodCommand.of(pod, Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("status.qosClass");
  }

  @ParameterizedTest
  @CsvSource({"a$(X)b,a1b", "$$(X),$(X)", "$X,$X", "$(Y),$(Y)", "$,$", "$(,$("})
  void referencesAreExpandedByKubernetesRules(String text, String expected) {
    assertThat(PodCommand.expand(text, Map.of("X", "1"))).isEqualTo(expected);
  }

  private static EnvVar field(String name, String path) {
    return new EnvVarBuilder()
        .withName(name)
        .withNewValueFrom()
        .withNewFieldRef("v1", path)
        .endValueFrom()
        .build();
  }

  private static EnvVar literal(String name, String value) {
    return new EnvVarBuilder().withName(name).withValue(value).build();
  }

  private static Pod pod(List<EnvVar> environment, List<String> arguments) {
    return new PodBuilder()
        .withNewMetadata()
        .withName("p")
        .withNamespace("n")
        .endMetadata()
        .withNewSpec()
        .withNodeName("node-1")
        .addNewContainer()
        .withName("agent")
        .withImage("llama-mesh-agent:1")
        .withArgs(arguments)
        .withEnv(environment)
        .endContainer()
        .endSpec()
        .withNewStatus()
        .addNewHostIP("127.0.0.11")
        .addNewHostIP("::1")
        .endStatus()
        .build();
  }
}
