package io.llamamesh.scraper.testing;

import io.llamamesh.results.Point;
import io.llamamesh.results.Point.Tags;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Agents of a mesh in three zones that publish plausible windows: an RTT by zones, and loss where
 * they are told. Seeded. As a program it keeps publishing, to look at the page: {@code FakeMesh
 * NODES SECONDS-PER-WINDOW [SOURCE>DESTINATION=LOSS ...]} prints the addresses.
 */
public final class FakeMesh implements AutoCloseable {
  private static final int PORTS = 4;

  /** What a pair loses on one of its four source ports. */
  public interface Loss {
    double of(String source, String destination, int path);
  }

  private final List<FakeAgent> agents = new ArrayList<>();
  private final SplittableRandom random = new SplittableRandom(42);
  private final int zones;
  private final Loss loss;

  public FakeMesh(int nodes, int zones, Loss loss) throws IOException {
    this.zones = zones;
    this.loss = loss;
    for (int i = 0; i < nodes; i++) {
      agents.add(FakeAgent.start());
    }
  }

  /** Agents' addresses, as {@code --collectors} takes them. */
  public String addresses() {
    return String.join(",", agents.stream().map(FakeAgent::address).toList());
  }

  public FakeAgent agent(int index) {
    return agents.get(index);
  }

  /** Every agent publishes the window that ended then. */
  public void publish(Instant end, int seconds) {
    int n = agents.size();
    int peers = Math.min(n - 1, 64);
    for (int i = 0; i < n; i++) {
      List<Point> window = new ArrayList<>();
      for (int k = 1; k <= peers; k++) {
        pair(i, (i + k * Math.max(1, n / (peers + 1))) % n, end, seconds, window);
      }
      agents.get(i).publish(window);
    }
  }

  @Override
  public void close() {
    agents.forEach(FakeAgent::close);
  }

  private void pair(int i, int j, Instant end, int seconds, List<Point> window) {
    if (i == j) {
      return;
    }
    String source = "node-" + (i + 1);
    String destination = "node-" + (j + 1);
    int sent = PORTS * 4 * seconds;
    int[] lost = new int[PORTS];
    int all = 0;
    for (int path = 0; path < PORTS; path++) {
      for (int probe = 0; probe < 4 * seconds; probe++) {
        lost[path] += random.nextDouble() < loss.of(source, destination, path) ? 1 : 0;
      }
      all += lost[path];
    }
    double rtt = (i % zones == j % zones ? 0.12 : 0.9) * (1 + random.nextDouble() / 4);
    window.add(zoned(Points.pair(source, destination, end, sent, all, rtt), i, j));
    for (int path = 0; path < PORTS && all > 0; path++) {
      window.add(
          zoned(
              Points.path(source, destination, end, 25_000 + path, 4L * seconds, lost[path]),
              i,
              j));
    }
  }

  private Point zoned(Point point, int i, int j) {
    return Points.with(Points.with(point, Tags.SRC_ZONE, zone(i)), Tags.DST_ZONE, zone(j));
  }

  private String zone(int i) {
    return String.valueOf((char) ('a' + i % zones));
  }

  /** Publishes the last ten minutes, then a window whenever one ends, until the process ends. */
  public static void main(String[] args) throws Exception {
    int seconds = Integer.parseInt(args[1]);
    List<String[]> faults = new ArrayList<>();
    for (int i = 2; i < args.length; i++) {
      faults.add(args[i].split("[>=/]", -1));
    }
    Loss loss =
        (source, destination, path) ->
            faults.stream()
                .filter(f -> f[0].equals("*") || f[0].equals(source))
                .filter(f -> f[1].equals("*") || f[1].equals(destination))
                .filter(f -> f.length < 4 || Integer.parseInt(f[3]) == path)
                .mapToDouble(f -> Double.parseDouble(f[2]))
                .max()
                .orElse(0.00002);
    try (FakeMesh mesh = new FakeMesh(Integer.parseInt(args[0]), 3, loss)) {
      long end = Instant.now().getEpochSecond() / seconds * seconds;
      for (long t = end - (args[0].length() > 2 ? 60 : 600); t <= end; t += seconds) {
        mesh.publish(Instant.ofEpochSecond(t), seconds);
      }
      System.out.println(mesh.addresses());
      CountDownLatch forever = new CountDownLatch(1);
      while (!forever.await(end + seconds + 3 - Instant.now().getEpochSecond(), TimeUnit.SECONDS)) {
        end += seconds;
        mesh.publish(Instant.ofEpochSecond(end), seconds);
      }
    }
  }
}
