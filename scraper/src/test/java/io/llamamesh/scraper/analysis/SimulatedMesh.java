package io.llamamesh.scraper.analysis;

import io.llamamesh.scraper.matrix.Cell;
import io.llamamesh.scraper.matrix.Directions;
import io.llamamesh.scraper.matrix.MatrixView;
import io.llamamesh.scraper.matrix.MatrixView.NodeInfo;
import io.llamamesh.scraper.matrix.PairSeries;
import io.llamamesh.scraper.matrix.PathCell;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Simulated mesh whose links lose probes as set: three windows of ten seconds, four source ports of
 * four probes a second each, the direction of every lost probe known with probability 0.8. If
 * nothing returns at all, it follows from the reflector's count, edges apart, unless its agent is
 * silent. Seeded.
 */
final class SimulatedMesh {
  static final long NEWEST = 1_800_000_000L;
  private static final int WINDOWS = 3;
  private static final int SECONDS = 10;
  private static final int PORTS = 4;
  private static final int PROBES_PER_PORT = 40;
  private static final double BACKGROUND = 1e-4;
  private static final double DIRECTION_TOLD = 0.8;
  private static final int BASE_PORT = 25_000;

  /** How much a link loses and delays on each of its paths. */
  interface Impairment {
    /** Probability that a packet on that path is lost. */
    double loss(String source, String destination, int path);

    /** Milliseconds that the link adds. */
    default double delay(String source, String destination) {
      return 0;
    }

    /** Whether the node's agent is silent. */
    default boolean down(String node) {
      return false;
    }

    /** Whether the node's host says that nobody listens there. */
    default boolean refuses(String node) {
      return false;
    }
  }

  /**
   * Who probes whom.
   *
   * @param source who probes
   * @param destination who is probed
   */
  record Probed(String source, String destination) {}

  private final List<String> nodes = new ArrayList<>();
  private final Map<String, NodeInfo> infos = new HashMap<>();
  private final List<Probed> probed = new ArrayList<>();
  private final SplittableRandom random;

  /**
   * A mesh of nodes in zones.
   *
   * @param peers whom each node probes; all others where that is as many
   */
  SimulatedMesh(int size, int zones, int peers, long seed) {
    random = new SplittableRandom(seed);
    for (int i = 0; i < size; i++) {
      String name = "node-" + i;
      nodes.add(name);
      infos.put(name, new NodeInfo(name, "zone-" + i % zones, ""));
    }
    for (int i = 0; i < size; i++) {
      Set<Integer> probed = new LinkedHashSet<>();
      for (int j = 0; j < size && peers >= size - 1; j++) {
        probed.add(j);
      }
      probed.remove(i);
      while (probed.size() < Math.min(peers, size - 1)) {
        int peer = random.nextInt(size);
        if (peer != i) {
          probed.add(peer);
        }
      }
      for (int peer : probed) {
        this.probed.add(new Probed(nodes.get(i), nodes.get(peer)));
      }
    }
  }

  List<String> nodes() {
    return nodes;
  }

  List<Probed> probed() {
    return probed;
  }

  SplittableRandom random() {
    return random;
  }

  String zone(String node) {
    NodeInfo info = infos.get(node);
    return info == null ? "" : info.zone();
  }

  /** What the scraper sees of it. */
  MatrixView view(Impairment impairment) {
    List<PairSeries> pairs = new ArrayList<>(probed.size());
    for (Probed pair : probed) {
      if (!impairment.down(pair.source())) {
        pairs.add(series(pair, impairment));
      }
    }
    return new MatrixView(10, NEWEST, pairs, infos);
  }

  private PairSeries series(Probed pair, Impairment impairment) {
    List<Cell> cells = new ArrayList<>(WINDOWS);
    TreeMap<Integer, PathCell> paths = new TreeMap<>();
    double rtt =
        0.2
            + impairment.delay(pair.source(), pair.destination())
            + impairment.delay(pair.destination(), pair.source());
    for (int w = 0; w < WINDOWS; w++) {
      long end = NEWEST - 10L * (WINDOWS - 1 - w);
      if (impairment.refuses(pair.destination())) {
        cells.add(refused(end));
        continue;
      }
      int lost = 0;
      int arrived = 0;
      int forward = 0;
      int back = 0;
      int[] lostPerPort = new int[PORTS];
      for (int port = 0; port < PORTS; port++) {
        double there = impairment.loss(pair.source(), pair.destination(), port);
        double andBack = impairment.loss(pair.destination(), pair.source(), port);
        int lostThere = binomial(PROBES_PER_PORT, there + BACKGROUND / 2);
        int lostBack = binomial(PROBES_PER_PORT - lostThere, andBack + BACKGROUND / 2);
        lostPerPort[port] = lostThere + lostBack;
        lost += lostThere + lostBack;
        arrived += PROBES_PER_PORT - lostThere;
        forward += binomial(lostThere, DIRECTION_TOLD);
        back += binomial(lostBack, DIRECTION_TOLD);
      }
      int sent = PORTS * PROBES_PER_PORT;
      if (lost == sent) {
        Directions told = counted(sent, arrived, impairment.down(pair.destination()));
        forward = (int) told.forward();
        back = (int) told.back();
      }
      if (lost > 0) {
        for (int port = 0; port < PORTS; port++) {
          PathCell cell =
              new PathCell(BASE_PORT + port, PROBES_PER_PORT, lostPerPort[port], Double.NaN);
          paths.merge(
              cell.sourcePort(),
              cell,
              (a, b) ->
                  new PathCell(
                      a.sourcePort(), a.sent() + b.sent(), a.lost() + b.lost(), Double.NaN));
        }
      }
      double shown = lost == sent ? Double.NaN : rtt;
      cells.add(
          new Cell(end, sent, sent - lost, lost, 0, forward, back, shown, shown * 1.5, shown / 10));
    }
    return new PairSeries(
        pair.source(), pair.destination(), "default", "IPv4", cells, List.copyOf(paths.values()));
  }

  private static Cell refused(long end) {
    int sent = PORTS * PROBES_PER_PORT;
    return new Cell(end, sent, 0, 0, sent, 0, 0, Double.NaN, Double.NaN, Double.NaN);
  }

  /**
   * Directions if nothing returned: by the count of the reflector, whose windows are a little
   * apart.
   */
  private Directions counted(int sent, int arrived, boolean silent) {
    if (silent) {
      return new Directions(0, 0);
    }
    Cell all = new Cell(0, sent, 0, sent, 0, 0, 0, Double.NaN, Double.NaN, Double.NaN);
    long slop = Directions.slop(sent, SECONDS, 0);
    long edges = arrived == 0 ? 0 : random.nextLong(-slop / 2, slop / 2 + 1);
    return Directions.infer(all, Math.max(0, arrived + edges), 0, slop);
  }

  /** Rare events by the gaps between them, so that a million quiet cells cost little. */
  private int binomial(int trials, double probability) {
    if (probability <= 0 || trials == 0) {
      return 0;
    }
    if (probability >= 1) {
      return trials;
    }
    double logOfMiss = Math.log1p(-probability);
    int hits = 0;
    double at = Math.floor(Math.log(1 - random.nextDouble()) / logOfMiss);
    while (at < trials) {
      hits++;
      at += 1 + Math.floor(Math.log(1 - random.nextDouble()) / logOfMiss);
    }
    return hits;
  }
}
