package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.SECOND;
import static io.llamamesh.agent.collector.ProberFixture.plan;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Source ports where a router's translation of the present ones leads nowhere. */
class RenewedPortsTest {
  private static final String OWN = "127.0.0.1";
  private static final String NEIGHBOUR = "10.85.1.11";

  private final ProberFixture mesh = new ProberFixture();

  /** Ports whose translation leads nowhere. */
  private final Set<Integer> dead = new HashSet<>();

  private static ProbePlan.Pair pair(String address, int basePort) {
    ProbePlan.TrafficClass type = new ProbePlan.TrafficClass("default", 0, basePort, SECOND, 1028);
    InetSocketAddress target = new InetSocketAddress(InetAddress.ofLiteral(address), 8100);
    return new ProbePlan.Pair(type, target, 2, 250 * MILLI, false, Map.of("dst_ip", address));
  }

  private static String target(ProberFixture.Probe probe) {
    return probe.to().getAddress().getHostAddress();
  }

  private Set<Integer> ports(String address, int since) {
    Set<Integer> ports = new TreeSet<>();
    mesh.probes.stream()
        .skip(since)
        .filter(probe -> target(probe).equals(address))
        .forEach(probe -> ports.add(probe.sourcePort()));
    return ports;
  }

  private void dieOutside() {
    mesh.probes.forEach(probe -> dead.add(probe.sourcePort()));
    mesh.dropReturn =
        probe ->
            dead.contains(probe.sourcePort())
                && !target(probe).equals(OWN)
                && !target(probe).equals(NEIGHBOUR);
  }

  @Test
  void targetsBehindADeadTranslationAnswerAgainAtOtherPortsAndNothingIsDoubled() {
    mesh.prober.apply(plan(pair("203.0.113.1", 0), pair("203.0.113.2", 0), pair(OWN, 0)));
    mesh.run(20 * SECOND);
    mesh.prober.renewSilentPorts();
    assertThat(mesh.reports).as("while they answer").isEmpty();
    Set<Integer> before = ports(OWN, 0);

    dieOutside();
    mesh.run(8 * SECOND);
    mesh.prober.renewSilentPorts();
    assertThat(mesh.reports).as("silent for a short time").isEmpty();
    mesh.run(8 * SECOND);
    mesh.prober.renewSilentPorts();
    int renewed = mesh.probes.size();
    mesh.run(60 * SECOND);

    assertThat(mesh.reports).containsExactly("renewed 4");
    assertThat(mesh.counters.count(CollectorCounters.Event.PORTS_RENEWED)).isEqualTo(1);
    assertThat(ports("203.0.113.1", renewed)).hasSize(2).doesNotContainAnyElementsOf(before);
    assertThat(ports("203.0.113.2", renewed)).isEqualTo(ports("203.0.113.1", renewed));
    assertThat(ports(OWN, renewed)).isEqualTo(before);
    assertThat(mesh.counters.peers(PeerState.UP)).isEqualTo(3);
    assertThat(mesh.counters.flows()).isEqualTo(6);
    assertThat(mesh.published(Attempt.SENT))
        .isEqualTo(mesh.published(Outcome.RECEIVED) + mesh.published(Outcome.LOST));
    // Two targets of two ports, four probes a second and port, for sixteen seconds.
    assertThat(mesh.published(Outcome.LOST)).isBetween(4 * 4 * 15, 4 * 4 * 17);
    for (ClosedWindow window : mesh.archive.after(0, 1000).windows()) {
      assertThat(window.pairs()).extracting(PairResult::tags).doesNotHaveDuplicates().hasSize(3);
    }
  }

  @Test
  void whereAllStaySilentItIsToldOnceAndTriedMoreAndMoreRarely() {
    mesh.prober.apply(plan(pair("203.0.113.1", 0)));
    mesh.dropForward = probe -> true;
    for (int i = 0; i < 2 * 120; i++) {
      mesh.run(30 * SECOND);
      mesh.prober.renewSilentPorts();
    }

    assertThat(mesh.reports).containsExactly("renewed 2");
    assertThat(mesh.counters.count(CollectorCounters.Event.PORTS_RENEWED)).isBetween(6L, 8L);
    assertThat(mesh.counters.flows()).isEqualTo(2);

    mesh.dropForward = probe -> false;
    mesh.run(30 * SECOND);
    mesh.prober.renewSilentPorts();
    mesh.dropForward = probe -> true;
    mesh.run(30 * SECOND);
    mesh.prober.renewSilentPorts();
    assertThat(mesh.reports).containsExactly("renewed 2", "renewed 2");
  }

  @Test
  void whereOneAnswersOrRefusesTheNetworkIsNotToBlame() {
    mesh.prober.apply(plan(pair("203.0.113.1", 0), pair("203.0.113.2", 0)));
    mesh.dropForward = probe -> target(probe).endsWith(".1");
    mesh.run(60 * SECOND);
    mesh.prober.renewSilentPorts();
    mesh.dropForward = probe -> false;
    mesh.refuse = probe -> true;
    mesh.run(60 * SECOND);
    mesh.prober.renewSilentPorts();

    assertThat(mesh.reports).isEmpty();
    assertThat(ports("203.0.113.1", 0)).hasSize(2);
  }

  @Test
  void aNeighbourThatAnswersKeepsItsPortsAndDoesNotHideThatNobodyElseDoes() {
    mesh.prober.apply(plan(pair("203.0.113.1", 0), pair(NEIGHBOUR, 0)));
    mesh.run(20 * SECOND);
    dieOutside();
    mesh.run(30 * SECOND);
    mesh.prober.renewSilentPorts();
    mesh.run(30 * SECOND);

    assertThat(mesh.reports).containsExactly("renewed 2");
    assertThat(ports("203.0.113.1", 0)).hasSize(4);
    assertThat(ports(NEIGHBOUR, 0)).hasSize(2);
    assertThat(mesh.counters.peers(PeerState.UP)).isEqualTo(2);
  }

  @Test
  void amongNeighboursAloneTheyDecide() {
    mesh.prober.apply(plan(pair(NEIGHBOUR, 0), pair(OWN, 0)));
    mesh.run(20 * SECOND);
    mesh.dropForward = probe -> target(probe).equals(NEIGHBOUR);
    mesh.run(30 * SECOND);
    mesh.prober.renewSilentPorts();

    assertThat(mesh.reports).containsExactly("renewed 2");
  }

  @Test
  void portsThatSomebodyChoseAreKept() {
    mesh.prober.apply(plan(pair("203.0.113.1", 25_000)));
    mesh.dropForward = probe -> true;
    mesh.run(60 * SECOND);
    mesh.prober.renewSilentPorts();
    mesh.run(60 * SECOND);

    assertThat(mesh.reports).isEmpty();
    assertThat(ports("203.0.113.1", 0)).containsExactly(25_000, 25_001);
  }

  @Test
  void portsThatNobodyUsesAnyMoreAreClosed() {
    mesh.prober.apply(plan(pair("203.0.113.1", 0)));
    mesh.dropForward = probe -> true;
    mesh.run(30 * SECOND);
    mesh.prober.renewSilentPorts();
    mesh.run(30 * SECOND);

    assertThat(mesh.network.sockets).hasSize(4);
    assertThat(mesh.network.taken).hasSize(2);
  }
}
