package io.llamamesh.crd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.crd.LlamaMeshSpec.PortClass;
import io.llamamesh.crd.LlamaMeshSpec.TopologyMode;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MeshSettingsTest {
  private static final DurationText QUARTER_SECOND = DurationText.of("250ms");

  @Test
  void anEmptySpecIsOneGroupOfAllNodesOverFourSourcePortsEvery250Milliseconds() {
    MeshSettings settings = MeshSettings.of(LlamaMeshSpec.EMPTY);

    assertThat(settings.groups()).extracting(MeshSettings.Group::name).containsExactly("default");
    assertThat(settings.ports())
        .containsExactly(
            new MeshSettings.PortClass("default", 0, 4, 25000, DurationText.of("1s"), 1000));
    assertThat(settings.probes())
        .containsExactly(
            new MeshSettings.Probe("default", "default", List.of("default"), QUARTER_SECOND));
    assertThat(settings.topology()).isEqualTo(new MeshSettings.Topology(TopologyMode.AUTO, 64));
    assertThat(settings.authentication()).isTrue();
    assertThat(settings.fabric()).isEqualTo(new MeshSettings.Fabric(false, 8101, null));
    assertThat(settings.agent().tolerations())
        .containsExactly(new TolerationBuilder().withOperator("Exists").build());
    assertThat(MeshSettings.defaults()).isEqualTo(settings);
  }

  @Test
  void aTextThatCannotBeReadIsReportedWithItsFieldAndHasItsDefault() {
    LlamaMeshSpec spec =
        Serialization.unmarshal(
            """
            collector: {interval: soon}
            alerts: {lossPercent: "101", rttP99: 40ms}
            ports: [{name: voice, timeout: 1 s}]
            """,
            LlamaMeshSpec.class);
    List<String> problems = new ArrayList<>();

    MeshSettings settings = MeshSettings.of(spec, problems::add);

    assertThat(problems)
        .satisfiesExactly(
            line -> assertThat(line).startsWith("spec.collector.interval: a duration must be"),
            line -> assertThat(line).startsWith("spec.alerts.lossPercent: a percentage must be"),
            line -> assertThat(line).startsWith("spec.ports (voice).timeout: a duration must be"));
    assertThat(settings.collector().interval()).isEqualTo(DurationText.of("10s"));
    assertThat(settings.alerts()).isEqualTo(new MeshSettings.Alerts(1, DurationText.of("40ms")));
    assertThatThrownBy(() -> MeshSettings.of(spec))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("spec.collector.interval: ");
  }

  @Test
  void noTolerationsAreOthersThanNone() {
    LlamaMeshSpec none = Serialization.unmarshal("agent: {tolerations: []}", LlamaMeshSpec.class);

    assertThat(MeshSettings.of(none).agent().tolerations()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void allocatedSourcePortsNeverOverlap(long seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    List<PortClass> classes = new ArrayList<>();
    int base = 24_000;
    for (int i = 0; i < 16; i++) {
      int count = 1 + random.nextInt(256);
      boolean fixed = random.nextInt(3) == 0;
      classes.add(new PortClass("c" + i, null, count, fixed ? base : null, null, null));
      base += fixed ? count + random.nextInt(300) : 0;
    }

    List<MeshSettings.PortClass> filled = MeshSettings.of(specOf(classes)).ports();

    for (MeshSettings.PortClass a : filled) {
      for (MeshSettings.PortClass b : filled) {
        if (!a.equals(b)) {
          assertThat(a.endPort() <= b.basePort() || b.endPort() <= a.basePort())
              .as("%s and %s", a, b)
              .isTrue();
        }
      }
    }
    assertThat(filled)
        .extracting(MeshSettings.PortClass::name)
        .isEqualTo(classes.stream().map(PortClass::name).toList());
  }

  private static LlamaMeshSpec specOf(List<PortClass> classes) {
    return LlamaMeshSpec.EMPTY.withPorts(classes);
  }
}
