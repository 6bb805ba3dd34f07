package io.llamamesh.fabric;

import static io.llamamesh.fabric.sim.Simulation.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.codec.CodecException;
import io.llamamesh.fabric.detector.DetectorMessage;
import io.llamamesh.fabric.linkstate.LinkStateAd;
import io.llamamesh.fabric.linkstate.LinkStateAd.Status;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Ads;
import io.llamamesh.fabric.linkstate.LinkStateMessage.AgedAd;
import io.llamamesh.fabric.sim.SimulatedNode;
import io.llamamesh.fabric.sim.Simulation;
import io.llamamesh.fabric.sim.Sizes;
import io.llamamesh.fabric.wire.MessageCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What the fabric sends. */
class CostSimulationTest {

  /** Length, counter and MAC of a frame, and what UDP or TCP and IP add. */
  private static final int FRAME = 4 + 8 + 16 + 40;

  @Test
  void aNodeSendsLittleThoughALinkChangesEachSecond() {
    int nodes = Sizes.of(100, 1_000);
    Simulation sim = new Simulation(1).nodes(nodes, 3).startAll(20 * SECOND);
    sim.run(120 * SECOND);
    long[] sent = new long[nodes];
    long[] pings = {0};
    sim.meter((from, to, message) -> {
      int size = FRAME + MessageCodec.encode(message).length;
      sent[from.index()] += size;
      pings[0] += message instanceof DetectorMessage ? size : 0;
    });
    Random random = new Random(1);
    int seconds = 60;
    for (int i = 0; i < seconds; i++) {
      sim.node(random.nextInt(nodes)).resetALink();
      sim.run(SECOND);
    }

    long most = 0;
    long sum = 0;
    for (long each : sent) {
      most = Math.max(most, each / seconds);
      sum += each / seconds;
    }
    System.out.printf(
        "bytes per second and node: %d on average, of these %d pings, %d at most%n",
        sum / nodes, pings[0] / nodes / seconds, most);
    assertThat(sum / nodes).isLessThanOrEqualTo(20_000);
    assertThat(most).isLessThanOrEqualTo(40_000);
  }

  @Test
  void adsOfAThousandNodesTakeFewMegabytes() throws CodecException {
    Simulation sim = new Simulation(2).nodes(1, 1);
    SimulatedNode node = sim.node("n1");
    node.start();
    List<byte[]> encoded = new ArrayList<>();
    Random random = new Random(2);
    for (int i = 2; i <= 1_000; i++) {
      List<String> neighbors =
          random.ints(1, 1_001).distinct().limit(7).mapToObj(CostSimulationTest::name).toList();
      LinkStateAd ad =
          new LinkStateAd(
              name(i), "192.0.2.1:8101", 1, 1, Status.MEMBER, neighbors, List.of(), List.of(), 7);
      encoded.add(MessageCodec.encode(new Ads(List.of(new AgedAd(ad, 0)))));
    }
    long before = used();
    for (byte[] bytes : encoded) {
      node.fabric().linkState().receive("", (Ads) MessageCodec.decode(bytes), sim.now());
    }
    long taken = used() - before;

    assertThat(node.fabric().linkState().table().size()).isEqualTo(1_000);
    assertThat(taken).isLessThanOrEqualTo(5L << 20);
  }

  private static String name(int node) {
    return "worker-%04d.zone-a.example.internal".formatted(node);
  }

  private static long used() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
