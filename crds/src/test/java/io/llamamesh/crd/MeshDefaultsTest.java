package io.llamamesh.crd;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.crd.LlamaMeshSpec.PortClass;
import io.llamamesh.crd.LlamaMeshSpec.Probe;
import io.llamamesh.crd.LlamaMeshSpec.TopologyMode;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MeshDefaultsTest {
  @Test
  void anEmptySpecIsOneGroupOfAllNodesOverFourSourcePortsEvery250Milliseconds() {
    LlamaMeshSpec spec = MeshDefaults.fill(LlamaMeshSpec.EMPTY);

    assertThat(spec.groups()).extracting(LlamaMeshSpec.Group::name).containsExactly("default");
    assertThat(spec.ports()).containsExactly(new PortClass("default", 0, 4, 25000, "1s", 1000));
    assertThat(spec.probes())
        .containsExactly(new Probe("default", "default", List.of("default"), "250ms"));
    assertThat(spec.topology()).isEqualTo(new LlamaMeshSpec.Topology(TopologyMode.AUTO, 64));
    assertThat(spec.security()).isEqualTo(new LlamaMeshSpec.Security(true));
    assertThat(MeshDefaults.fill(null)).isEqualTo(spec);
  }

  @Test
  void fillingTwiceIsFillingOnce() {
    LlamaMeshSpec once = MeshDefaults.fill(null);
    assertThat(MeshDefaults.fill(once)).isEqualTo(once);
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

    List<PortClass> filled = PortAllocation.fill(classes);

    for (PortClass a : filled) {
      for (PortClass b : filled) {
        if (!a.equals(b)) {
          assertThat(
                  a.basePort() + a.count() <= b.basePort()
                      || b.basePort() + b.count() <= a.basePort())
              .as("%s and %s", a, b)
              .isTrue();
        }
      }
    }
    assertThat(filled)
        .extracting(PortClass::name)
        .isEqualTo(classes.stream().map(PortClass::name).toList());
  }
}
