package io.llamamesh.scraper.testing;

import io.llamamesh.results.Point;
import io.llamamesh.results.Point.Tags;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Simulated windows of a mesh: up to 64 peers each, an RTT by zones, and loss by pair. Seeded. */
public final class SimulatedWindows {
  private static final int PORTS = 4;
  private static final int MAX_PEERS = 64;
  private static final double RARE = 0.002;

  /** What a pair loses on one of its four source ports. */
  public interface Loss {
    double of(String source, String destination, int path);
  }

  private final SplittableRandom random = new SplittableRandom(42);
  private final int nodes;
  private final int zones;
  private final Loss loss;

  public SimulatedWindows(int nodes, int zones, Loss loss) {
    this.nodes = nodes;
    this.zones = zones;
    this.loss = loss;
  }

  /** The name of a node, by its index. */
  public static String name(int node) {
    return "node-" + (node + 1);
  }

  /** What a node publishes of the window that ended then. */
  public List<Point> window(int node, Instant end, int seconds) {
    List<Point> points = new ArrayList<>();
    int peers = Math.min(nodes - 1, MAX_PEERS);
    for (int k = 1; k <= peers; k++) {
      int peer = (node + k * Math.max(1, nodes / (peers + 1))) % nodes;
      if (peer != node) {
        pair(node, peer, end, seconds, points);
      }
    }
    return points;
  }

  private void pair(int i, int j, Instant end, int seconds, List<Point> window) {
    String source = name(i);
    String destination = name(j);
    int probes = 4 * seconds;
    int[] lost = new int[PORTS];
    int all = 0;
    for (int path = 0; path < PORTS; path++) {
      lost[path] = lost(probes, loss.of(source, destination, path));
      all += lost[path];
    }
    double rtt = (i % zones == j % zones ? 0.12 : 0.9) * (1 + random.nextDouble() / 4);
    window.add(zoned(Points.pair(source, destination, end, (long) PORTS * probes, all, rtt), i, j));
    for (int path = 0; path < PORTS && all > 0; path++) {
      window.add(
          zoned(Points.path(source, destination, end, 25_000 + path, probes, lost[path]), i, j));
    }
  }

  private int lost(int probes, double probability) {
    if (probability < RARE) {
      return random.nextDouble() < probability * probes ? 1 : 0;
    }
    int lost = 0;
    for (int probe = 0; probe < probes; probe++) {
      lost += random.nextDouble() < probability ? 1 : 0;
    }
    return lost;
  }

  private Point zoned(Point point, int i, int j) {
    return Points.with(Points.with(point, Tags.SRC_ZONE, zone(i)), Tags.DST_ZONE, zone(j));
  }

  private String zone(int i) {
    return String.valueOf((char) ('a' + i % zones));
  }
}
