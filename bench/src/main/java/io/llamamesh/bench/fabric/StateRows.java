package io.llamamesh.bench.fabric;

import static io.llamamesh.fabric.sim.Simulation.MS;
import static io.llamamesh.fabric.sim.Simulation.SECOND;

import io.llamamesh.bench.figures.Figure;
import io.llamamesh.bench.figures.Rounds;
import io.llamamesh.fabric.Notification.RoutesChanged;
import io.llamamesh.fabric.codec.CodecException;
import io.llamamesh.fabric.crdt.FieldType;
import io.llamamesh.fabric.crdt.Operation;
import io.llamamesh.fabric.detector.DetectorMessage;
import io.llamamesh.fabric.linkstate.LinkStateAd;
import io.llamamesh.fabric.linkstate.LinkStateAd.Status;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Ads;
import io.llamamesh.fabric.linkstate.LinkStateMessage.AgedAd;
import io.llamamesh.fabric.routes.RouteTree;
import io.llamamesh.fabric.sim.SimulatedNode;
import io.llamamesh.fabric.sim.Simulation;
import io.llamamesh.fabric.store.Change;
import io.llamamesh.fabric.store.Key;
import io.llamamesh.fabric.store.KeyPattern;
import io.llamamesh.fabric.store.ReplicatedStore;
import io.llamamesh.fabric.store.ReplicatedStoreOptions;
import io.llamamesh.fabric.store.Storage;
import io.llamamesh.fabric.store.StorageException;
import io.llamamesh.fabric.store.StoreOutbox;
import io.llamamesh.fabric.store.Subscription;
import io.llamamesh.fabric.wire.MessageCodec;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/** What nodes know of each other: its size, what it costs to spread, and what is made of it. */
final class StateRows {

  /** Length, counter and MAC of a frame, and what UDP or TCP and IP add. */
  private static final int FRAME = 4 + 8 + 16 + 40;

  private static final int DEGREE = 7;
  private static final double ROUTES_MILLIS = 10;
  private static final int ROUTES_NODES = 5_000;
  private static final double NOTIFICATIONS = 19;
  private static final double RESIDENT_MEBIBYTES = 5.0 * 1_000_000 / (1 << 20);
  private static final int RESIDENT_NODES = 1_000;
  private static final double SENT_BYTES = 20_000;
  private static final int SECONDS = 60;

  private StateRows() {}

  /** Trees of routes, and how often a host is notified of changes. */
  static void tree(FabricSizes sizes, Consumer<Figure> figures) throws IOException {
    SimulatedNode node = alone(sizes.seed());
    for (byte[] ad : encodedAds(ROUTES_NODES, sizes.seed())) {
      take(node, ad);
    }
    Random random = new Random(sizes.seed());
    Rounds rounds = new Rounds();
    for (int i = 0; i < 101; i++) {
      String origin = name(1 + random.nextInt(ROUTES_NODES));
      long began = System.nanoTime();
      RouteTree tree = node.fabric().routes(origin);
      rounds.add((double) (System.nanoTime() - began) / MS);
      if (tree.distance(origin).orElse(-1) != 0) {
        throw new IOException("no tree from " + origin);
      }
    }
    figures.accept(
        FabricRow.atMost(
            "tree_time_" + ROUTES_NODES, rounds.median().orElseThrow(), "ms", ROUTES_MILLIS));

    Simulation sim = new Simulation(sizes.seed()).nodes(60, 3).startAll(5 * SECOND);
    sim.run(60 * SECOND);
    long[] notified = {0};
    sim.listen((at, notification) ->
        notified[0] += at.index() == 0 && notification instanceof RoutesChanged ? 1 : 0);
    long before = sim.node(0).fabric().linkState().adsReceived();
    for (int i = 0; i < 10; i++) {
      sim.node(20 + i).kill();
      sim.run(200 * MS);
    }
    sim.run(SECOND);
    long ads = sim.node(0).fabric().linkState().adsReceived() - before;
    figures.accept(FabricRow.plain("tree_changes", ads, "ads"));
    figures.accept(
        FabricRow.atMost("tree_notifications", notified[0], "notifications", NOTIFICATIONS));
    figures.accept(FabricRow.atMost("tree_paths_wrong", wrongPaths(sim), "paths", 0));
  }

  /** Paths of all to all that have a hop that is no link, or that differ in length both ways. */
  private static long wrongPaths(Simulation sim) {
    sim.run(20 * SECOND);
    List<SimulatedNode> running = sim.running();
    SimulatedNode observer = running.getFirst();
    long wrong = 0;
    for (SimulatedNode origin : running) {
      RouteTree tree = observer.fabric().routes(origin.name());
      for (SimulatedNode target : running) {
        List<String> path = tree.path(target.name());
        int back = observer.fabric().routes(target.name()).path(origin.name()).size();
        wrong += path.isEmpty() || path.size() != back || !isLinked(sim, path) ? 1 : 0;
      }
    }
    return wrong;
  }

  private static boolean isLinked(Simulation sim, List<String> path) {
    for (int i = 1; i < path.size(); i++) {
      if (!sim.node(path.get(i - 1)).fabric().overlay().isNeighbor(path.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** A reader that is much slower than what it reads changes. */
  static void subscription(FabricSizes sizes, Consumer<Figure> figures) throws IOException {
    ReplicatedStore store = store(sizes.seed());
    Subscription slow = store.subscribe(KeyPattern.of("bench/*"), () -> {}).orElseThrow();
    Random random = new Random(sizes.seed());
    Map<String, String> seen = new HashMap<>();
    int keys = 100;
    int mostPending = 0;
    for (int change = 0; change < 20_000; change++) {
      store.submit(
          new Key("bench/" + random.nextInt(keys)),
          Operation.Update.field("c", FieldType.COUNTER, new Operation.Increment(1)),
          null,
          result -> {});
      store.flush(change * MS);
      mostPending = Math.max(mostPending, slow.pending());
      if (change % 100 == 0) {
        read(slow, 1, seen);
      }
    }
    read(slow, keys, seen);
    long missed =
        store.keys(KeyPattern.of("bench/*"), "", keys).stream()
            .filter(key -> !store.version(key).equals(seen.get(key.text())))
            .count();
    figures.accept(FabricRow.atMost("subscription_final_states_missed", missed, "keys", 0));
    figures.accept(FabricRow.atMost("subscription_pending_most", mostPending, "keys", keys));
  }

  private static ReplicatedStore store(long seed) throws IOException {
    try {
      return ReplicatedStore.open(
          "n1",
          new ForgetfulStorage(),
          ReplicatedStoreOptions.DEFAULT,
          new NoNetwork(),
          InstantSource.system(),
          new Random(seed));
    } catch (StorageException e) {
      throw new IOException(e);
    }
  }

  private static void read(Subscription from, int most, Map<String, String> seen) {
    for (Change change : from.poll(most)) {
      seen.put(change.key().text(), change.value().version());
    }
  }

  /** A disk of which nothing is read again. */
  private static final class ForgetfulStorage implements Storage {
    @Override
    public Contents load() {
      return Contents.EMPTY;
    }

    @Override
    public void write(Batch batch) {}
  }

  private static final class NoNetwork implements StoreOutbox {
    @Override
    public void send(String neighbour, byte[] message) {}

    @Override
    public void multicast(byte[] message) {}
  }

  /** What is kept of all, and what is sent while a link changes each second. */
  static void bytes(FabricSizes sizes, Consumer<Figure> figures)
      throws IOException, InterruptedException {
    SimulatedNode node = alone(sizes.seed());
    List<byte[]> ads = encodedAds(RESIDENT_NODES, sizes.seed());
    long before = SettledHeap.used();
    for (byte[] ad : ads) {
      take(node, ad);
    }
    double resident = (double) SettledHeap.usedSince(before) / (1 << 20);
    if (node.fabric().linkState().table().size() < RESIDENT_NODES - 1) {
      throw new IOException("ads were refused");
    }
    figures.accept(
        FabricRow.atMost("ads_resident_" + RESIDENT_NODES, resident, "MiB", RESIDENT_MEBIBYTES));
    for (int nodes : sizes.meshes()) {
      sent(sizes.seed(), nodes, figures);
    }
  }

  private static void sent(long seed, int nodes, Consumer<Figure> figures) {
    Simulation sim = new Simulation(seed).nodes(nodes, 3).startAll(20 * SECOND);
    sim.run(120 * SECOND);
    long[] sent = new long[nodes];
    long[] pings = {0};
    sim.meter((from, to, message) -> {
      int size = FRAME + MessageCodec.encode(message).length;
      sent[from.index()] += size;
      pings[0] += message instanceof DetectorMessage ? size : 0;
    });
    Random random = new Random(seed);
    for (int i = 0; i < SECONDS; i++) {
      sim.node(random.nextInt(nodes)).resetALink();
      sim.run(SECOND);
    }
    long sum = 0;
    long most = 0;
    for (long each : sent) {
      sum += each;
      most = Math.max(most, each);
    }
    double mean = (double) sum / nodes / SECONDS;
    figures.accept(FabricRow.atMost("bytes_sent_" + nodes, mean, "B/s", SENT_BYTES));
    figures.accept(
        FabricRow.plain("bytes_sent_pings_" + nodes, (double) pings[0] / nodes / SECONDS, "B/s"));
    figures.accept(FabricRow.plain("bytes_sent_most_" + nodes, (double) most / SECONDS, "B/s"));
  }

  private static SimulatedNode alone(long seed) {
    SimulatedNode node = new Simulation(seed).nodes(1, 1).node(0);
    node.start();
    return node;
  }

  private static List<byte[]> encodedAds(int nodes, long seed) {
    List<byte[]> encoded = new ArrayList<>();
    Random random = new Random(seed);
    for (int i = 1; i < nodes; i++) {
      List<String> neighbors =
          random.ints(1, nodes).distinct().limit(DEGREE).mapToObj(StateRows::name).toList();
      LinkStateAd ad =
          new LinkStateAd(
              name(i),
              "192.0.2.1:8101",
              1,
              1,
              Status.MEMBER,
              neighbors,
              List.of(),
              List.of(),
              DEGREE);
      encoded.add(MessageCodec.encode(new Ads(List.of(new AgedAd(ad, 0)))));
    }
    return encoded;
  }

  /** As a host does, so that no text is shared between ads that is not in an agent. */
  private static void take(SimulatedNode node, byte[] ad) throws IOException {
    try {
      Ads ads = (Ads) MessageCodec.decode(ad);
      node.fabric().linkState().receive("", ads, SECOND);
    } catch (CodecException e) {
      throw new IOException("an ad of ours cannot be read", e);
    }
  }

  private static String name(int node) {
    return "worker-%04d.zone-a.example.internal".formatted(node);
  }
}
