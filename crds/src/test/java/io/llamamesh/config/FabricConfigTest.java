package io.llamamesh.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.config.CollectorConfig.Contact;
import io.llamamesh.config.CollectorConfig.Fabric;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The section {@code fabric} of a config document. */
class FabricConfigTest {

  private static final int REFLECTOR = 8100;

  private static @Nullable Fabric read(String section) throws InvalidConfigException {
    return CollectorConfigYaml.read("version: 1\n" + section, REFLECTOR).config().fabric();
  }

  @Test
  void aDocumentWithoutItSaysNothing() throws InvalidConfigException {
    assertThat(read("")).isNull();
    assertThat(read("fabric:\n")).isNull();
  }

  @Test
  void theSectionAloneTurnsItOnAtTheUsualPort() throws InvalidConfigException {
    Fabric fabric = Objects.requireNonNull(read("fabric: {}"));
    assertThat(fabric.isEnabled()).isTrue();
    assertThat(fabric.portNumber()).isEqualTo(8101);
    assertThat(fabric.contactNodes()).isEmpty();
    assertThat(fabric.allowUnauthenticated()).isNull();
  }

  @Test
  void everythingThatItSaysIsReadAndWritten() throws InvalidConfigException {
    String document =
        """
        version: 1
        fabric:
          enabled: false
          port: 9000
          contact_nodes:
          - {name: a, ip: 192.0.2.1}
          - {name: b, ip: "[2001:db8::1]", port: 9001}
          allow_unauthenticated: true
        """;
    CollectorConfig config = CollectorConfigYaml.read(document, REFLECTOR).config();
    assertThat(config.fabric())
        .isEqualTo(
            new Fabric(
                false,
                9000,
                List.of(new Contact("a", "192.0.2.1", null), new Contact("b", "2001:db8::1", 9001)),
                true));
    String written = CollectorConfigYaml.write(config);
    assertThat(CollectorConfigYaml.read(written, REFLECTOR).config()).isEqualTo(config);
  }

  @Test
  void keysOfANewerVersionAreIgnoredAndTold() throws InvalidConfigException {
    assertThat(CollectorConfigYaml.read("version: 1\nfabric: {detector: x}", REFLECTOR).ignored())
        .hasSize(1)
        .first()
        .asString()
        .contains("fabric.detector");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{port: 0}",
        "{port: 70000}",
        "{contact_nodes: [{ip: 192.0.2.1}]}",
        "{contact_nodes: [{name: a}]}",
        "{contact_nodes: [{name: a, ip: host.example}]}",
        "{contact_nodes: [{name: a, ip: 192.0.2.1, port: 0}]}",
        "{enabled: perhaps}"
      })
  void whatCannotBeMeantIsRefused(String section) {
    assertThatThrownBy(() -> read("fabric: " + section))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("fabric");
  }
}
