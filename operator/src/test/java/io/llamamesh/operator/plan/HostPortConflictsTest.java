package io.llamamesh.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.operator.plan.HostPortConflicts.PortUse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HostPortConflictsTest {
  private static final String OTHER_PORTS =
      "{reflector: {port: 9100}, collector: {apiPort: 9100}, ports: [{name: default, basePort: 26000}]";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // The younger mesh's fabric meets what the older has.
        "fabric: {enabled: true} | fabric: {enabled: true} | spec.fabric.port: TCP and UDP port 8101",
        "fabric: {enabled: false} | fabric: {enabled: true, port: 8100} | spec.fabric.port: TCP and UDP port 8100",
        "fabric: {enabled: false} | fabric: {enabled: true, port: 25002} | spec.fabric.port: TCP and UDP port 25002",
        // And the older's fabric what the younger wants.
        "fabric: {enabled: true, port: 9100} | fabric: {enabled: false} | spec.collector.apiPort: TCP port 9100",
        "fabric: {enabled: true, port: 9100} | fabric: {enabled: false} | spec.reflector.port: UDP port 9100",
        "fabric: {enabled: true, port: 26003} | fabric: {enabled: false} | spec.ports (default): source port 26003"
      })
  void aFabricsPortIsNobodyElsesOnSharedNodes(String older, String younger, String expected) {
    assertThat(find(older, younger))
        .anySatisfy(refusal -> {
          assertThat(refusal.reason()).isEqualTo("PortConflict");
          assertThat(refusal.message())
              .startsWith(expected + " is used by the older mesh net/a on shared nodes");
        });
  }

  @Test
  void fabricsOnPortsOfTheirOwnAndThoseThatAreOffMeetNobody() {
    assertThat(find("fabric: {enabled: true}", "fabric: {enabled: true, port: 9101}")).isEmpty();
    assertThat(find("fabric: {enabled: true}", "fabric: {enabled: false}")).isEmpty();
    assertThat(find("fabric: {enabled: false}", "fabric: {enabled: true}")).isEmpty();
  }

  private static List<SpecRefusal> find(String older, String younger) {
    PortUse a = new PortUse("net", "a", "2026-11-30T12:00:00Z", Cluster.spec(older));
    PortUse b =
        new PortUse(
            "net", "b", "2026-11-30T12:00:01Z", Cluster.spec(OTHER_PORTS + ", " + younger + "}"));
    return HostPortConflicts.find(b, List.of(a, b), Cluster.nodes(2));
  }
}
