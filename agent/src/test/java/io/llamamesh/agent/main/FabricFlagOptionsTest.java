package io.llamamesh.agent.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.config.CollectorConfig.Contact;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

class FabricFlagOptionsTest {

  @Command
  private static final class Program {
    @Mixin private BindOptions bind = new BindOptions();
    @Mixin private FabricFlagOptions fabric = new FabricFlagOptions();
  }

  private static AgentSettings.FabricFlags flags(String... arguments) {
    Program program = new Program();
    new CommandLine(program).parseArgs(arguments);
    return program.fabric.flags(program.bind);
  }

  @Test
  void itIsOffUnlessAskedFor() {
    assertThat(flags().enabled()).isFalse();
    assertThat(flags().allowUnauthenticated()).isFalse();
    assertThat(flags("--fabric").port()).isEqualTo(8101);
  }

  @Test
  void contactsHaveNamesAddressesAndPerhapsPorts() {
    assertThat(
            flags(
                    "--fabric-contact",
                    "a=192.0.2.1,b=192.0.2.2:9000",
                    "--fabric-contact",
                    "c=2001:db8::1",
                    "--fabric-contact",
                    "d=[2001:db8::2]:9001")
                .contacts())
        .containsExactly(
            new Contact("a", "192.0.2.1", null),
            new Contact("b", "192.0.2.2", 9000),
            new Contact("c", "2001:db8:0:0:0:0:0:1", null),
            new Contact("d", "2001:db8:0:0:0:0:0:2", 9001));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "192.0.2.1",
        "=192.0.2.1",
        "a=",
        "a=host.example",
        "a=192.0.2.1:x",
        "a=192.0.2.1:0"
      })
  void aContactThatIsNoneIsRefused(String text) {
    assertThatThrownBy(() -> flags("--fabric-contact", text))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("--fabric-contact must be NAME=ADDRESS");
  }

  @Test
  void whereItsFabricIsReachedIsAnAddress() {
    assertThat(flags().address()).isNull();
    assertThat(flags("--fabric-address", "[2001:db8::1]").address())
        .isEqualTo(InetAddress.ofLiteral("2001:db8::1"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "host.example", "0.0.0.0", "::", "fe80::1%1", "192.0.2.1:8101"})
  void anAddressThatOthersCannotReachIsRefused(String text) {
    assertThatThrownBy(() -> flags("--fabric-address", text))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("--fabric-address must be an IP address");
  }
}
