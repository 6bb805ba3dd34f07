package io.llamamesh.bench.fabric;

import io.llamamesh.bench.figures.Figure;
import io.llamamesh.fabric.FabricOptions;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.transport.FabricEvidence;
import io.llamamesh.fabric.transport.FabricNode;
import io.llamamesh.fabric.transport.FabricNodeOptions;
import io.llamamesh.fabric.transport.MemoryPersistence;
import io.llamamesh.fabric.transport.MeshKeys;
import io.llamamesh.fabric.transport.TransportLimits;
import io.llamamesh.fabric.transport.TransportOptions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * What a node costs its host: real ones on loopback, each of which knows 64 others that answer its
 * probes four times a second, authenticated, while nothing happens.
 */
final class CostRow {

  private static final int NODES = 65;
  private static final int FIRST_PORT = 20_100;
  private static final double CORE_PERCENT = 2;
  private static final double MEBIBYTES = 8;
  private static final long PROBE_EACH = TimeUnit.MILLISECONDS.toNanos(250);
  private static final long ROUND_TRIP = TimeUnit.MICROSECONDS.toNanos(200);
  private static final long TOGETHER = TimeUnit.SECONDS.toNanos(60);
  private static final long WARM_UP_MILLIS = 10_000;
  private static final long MEASURED_MILLIS = 20_000;

  private CostRow() {}

  /** Measures. */
  static void measure(FabricSizes sizes, Consumer<Figure> figures)
      throws IOException, InterruptedException {
    List<FabricPeer> peers = new ArrayList<>();
    for (int i = 0; i < NODES; i++) {
      peers.add(new FabricPeer("n" + i, "127.0.0.1:" + (FIRST_PORT + i)));
    }
    long before = SettledHeap.used();
    List<FabricNode> nodes = new ArrayList<>();
    try {
      for (int i = 0; i < NODES; i++) {
        nodes.add(start(peers, i));
      }
      awaitTogether(nodes);
      TimeUnit.MILLISECONDS.sleep(WARM_UP_MILLIS);
      long heap = SettledHeap.usedSince(before);
      long cpu = cpuNanos();
      long began = System.nanoTime();
      TimeUnit.MILLISECONDS.sleep(MEASURED_MILLIS);
      double share = (double) (cpuNanos() - cpu) / (System.nanoTime() - began) / NODES;
      figures.accept(FabricRow.atMost("cost_cpu", share * 100, "% of a core", CORE_PERCENT));
      figures.accept(
          FabricRow.atMost("cost_heap", (double) heap / NODES / (1 << 20), "MiB", MEBIBYTES));
    } finally {
      nodes.forEach(FabricNode::close);
    }
  }

  private static FabricNode start(List<FabricPeer> peers, int index) {
    List<FabricPeer> others = new ArrayList<>(peers);
    FabricPeer self = others.remove(index);
    FabricNode node =
        FabricNode.start(
            new FabricNodeOptions(
                new TransportOptions(
                    "bench",
                    self,
                    epoch(self),
                    List.of(
                        new InetSocketAddress(
                            InetAddress.getLoopbackAddress(), FIRST_PORT + index)),
                    false,
                    TransportLimits.standard()),
                FabricOptions.standard(),
                others.subList(0, 3)),
            new MemoryPersistence(),
            () -> MeshKeys.NONE.with(1, new byte[32], true),
            new PlayedProbes(others),
            cause -> System.err.println("fabric node failed: " + cause));
    node.setPeers(others.subList(0, 3), others);
    return node;
  }

  private static int epoch(FabricPeer peer) {
    return peer.name().hashCode();
  }

  private static void awaitTogether(List<FabricNode> nodes)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + TOGETHER;
    for (FabricNode node : nodes) {
      while (upCount(node) < NODES) {
        if (System.nanoTime() - end > 0) {
          throw new IOException(
              node.self().name() + " knows " + upCount(node) + " nodes: " + node.problem());
        }
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
  }

  private static int upCount(FabricNode node) throws InterruptedException {
    try {
      return node.ask(fabric -> fabric.upCount());
    } catch (TimeoutException e) {
      return 0; // it is starting, or the machine is busy
    }
  }

  /** CPU time of all nodes' threads. */
  private static long cpuNanos() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long sum = 0;
    for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
      if (thread != null && thread.getThreadName().equals("fabric")) {
        sum += Math.max(0, threads.getThreadCpuTime(thread.getThreadId()));
      }
    }
    return sum;
  }

  /** The collector's answers, as if all probes were answered. */
  private static final class PlayedProbes implements FabricEvidence {
    private final List<FabricPeer> peers;
    private final long began = System.nanoTime();
    private long handedOn;

    PlayedProbes(List<FabricPeer> peers) {
      this.peers = peers;
    }

    @Override
    public void drain(Sink sink) {
      long now = System.nanoTime();
      // Their phases are spread over the interval.
      long due = (now - began) * peers.size() / PROBE_EACH;
      for (long probe = Math.max(handedOn, due - peers.size()); probe < due; probe++) {
        FabricPeer peer = peers.get((int) (probe % peers.size()));
        sink.answered(peer.name(), now - ROUND_TRIP, ROUND_TRIP, epoch(peer));
      }
      handedOn = due;
    }
  }
}
