package io.llamamesh.scraper.matrix;

import io.llamamesh.results.Point;
import io.llamamesh.scraper.matrix.MatrixView.NodeInfo;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Everything the scraper holds in memory: windows of the last ten minutes as they came, then one
 * cell a minute up to the retention.
 *
 * <p>Thread-safe: any thread may put and read; readers get copies. Reading a window twice replaces
 * it, so putting the same points again changes nothing.
 */
public final class Matrix {
  private static final Duration FULL_RESOLUTION = Duration.ofMinutes(10);
  private static final long FUTURE_SECONDS = 60;
  private static final long AGEING_SECONDS = 60;

  /**
   * At 1,000 nodes a fault of all pairs would be fifteen million source ports in ten minutes, 20
   * bytes each. Those of all windows may take a fortieth of the heap, and then those of the last
   * windows only, one more than is judged together; twice that, and then those of the newest; three
   * times, and no more.
   */
  private static final int HEAP_PER_PATH = 860;

  private static final int FEW_WINDOWS = 4;

  /**
   * An hour of 64,000 pairs takes 188 of 344 MiB, and half as much again is needed to work with.
   * Beyond that histories are kept for half as long, a quarter, an eighth; then what is new is left
   * out.
   */
  private static final double HEAP_SHARE = 11.0 / 16;

  private static final int SHORTEST = 3;

  private final InstantSource clock;
  private final long defaultInterval;
  private final long fineSeconds;
  private final long keepSeconds;

  /**
   * How far windows of a sound agent end ahead of our clock: one that is less than three quarters
   * of a window off is left alone. Where the newest window were any further, one agent that stamps
   * ahead would make all others look late, and be judged alone.
   */
  private final long aheadSeconds;

  private final long manyPaths;

  private final Map<SeriesKey, Series> series = new HashMap<>();
  private final Map<String, NodeInfo> nodes = new HashMap<>();
  private final WindowSums sums = new WindowSums();
  private final ReflectorJoin join = new ReflectorJoin();
  private final SeriesMemory memory;
  // How many times the histories are halved for want of memory.
  private int halved;
  private long newest;
  private long lastAged;
  private long version;
  private long ignored;
  // Room that all series have for source ports together.
  private long paths;

  /**
   * @param interval length of a window while none was seen
   * @param retention how far back it remembers
   */
  public Matrix(Duration interval, Duration retention, InstantSource clock) {
    this(interval, retention, clock, Runtime.getRuntime().maxMemory() / HEAP_PER_PATH);
  }

  Matrix(Duration interval, Duration retention, InstantSource clock, long manyPaths) {
    this(
        interval,
        retention,
        clock,
        manyPaths,
        (long) (Runtime.getRuntime().maxMemory() * HEAP_SHARE));
  }

  /**
   * @param manyPaths of so many source ports those of old windows are dropped
   * @param historyBytes how much memory all histories may take
   */
  Matrix(
      Duration interval,
      Duration retention,
      InstantSource clock,
      long manyPaths,
      long historyBytes) {
    this.memory = new SeriesMemory(historyBytes);
    this.manyPaths = manyPaths;
    this.clock = clock;
    this.defaultInterval = Math.max(1, interval.toSeconds());
    this.aheadSeconds = 3 * defaultInterval / 4;
    this.keepSeconds = Math.max(60, retention.toSeconds());
    this.fineSeconds = Math.min(keepSeconds, FULL_RESOLUTION.toSeconds());
  }

  /** Takes points of one agent whose clock is right. */
  public void put(String agent, Collection<Point> points) {
    put(agent, points, Duration.ZERO);
  }

  /**
   * Takes points of one agent: of pairs, of source ports, and of what its reflector sent back.
   *
   * @param agent the agent's name
   * @param clockAhead how far the agent's clock is ahead, where the points' times contain it
   */
  public void put(String agent, Collection<Point> points, Duration clockAhead) {
    put(agent, agent, points, clockAhead);
  }

  /**
   * Takes points of one agent.
   *
   * @param owner who was read, out of whose share of memory new pairs come: not what its points say
   * @param agent the agent's name
   * @param clockAhead how far the agent's clock is ahead, where the points' times contain it
   */
  public synchronized void put(
      String owner, String agent, Collection<Point> points, Duration clockAhead) {
    long now = clock.instant().getEpochSecond();
    join.begin(agent, clockAhead.toMillis());
    for (Point point : points) {
      long end = point.time().getEpochSecond();
      // A window from the future would make all others look stale.
      if (end > now + FUTURE_SECONDS || end <= now - keepSeconds()) {
        ignored++;
        continue;
      }
      switch (point.measurement()) {
        case Point.RAW_STATS -> putPair(owner, agent, point, end, now);
        case Point.PATH_STATS -> putPath(owner, agent, point, end);
        case Point.REFLECTED_STATS -> join.addReflected(agent, point);
        default -> ignored++;
      }
    }
    join.join(now);
    version++;
    boolean due = now - lastAged >= AGEING_SECONDS || now < lastAged;
    if (due || (memory.isTight() && halved < SHORTEST)) {
      age(now);
    }
  }

  /** Changes whenever something was put. */
  public synchronized long version() {
    return version;
  }

  /**
   * Points that were left out: too old, from the future, of an unknown measurement, or source ports
   * for which there was no room, also those that were held for a while.
   */
  public synchronized long ignored() {
    return ignored;
  }

  /** Bytes that histories take. */
  public synchronized long historyBytes() {
    return memory.all();
  }

  /** How far back it remembers now, in seconds: less than it should where memory is short. */
  public synchronized long retainedSeconds() {
    return keepSeconds();
  }

  /** How many series it holds. */
  public synchronized int size() {
    return series.size();
  }

  /** Length of a window as the agents publish them. */
  public synchronized long intervalSeconds() {
    return interval();
  }

  /** A copy of the selected windows of all pairs. */
  public MatrixView view(WindowSelection selection) {
    return view(selection, CellQuery::pairsWithWindows);
  }

  /** The same with each pair's windows pooled into one cell, and without source ports. */
  public MatrixView pooled(WindowSelection selection) {
    return view(selection, CellQuery::pooledPairs);
  }

  private MatrixView view(
      WindowSelection selection, BiFunction<CellQuery, Collection<Series>, List<PairSeries>> how) {
    List<PairSeries> pairs;
    Map<String, NodeInfo> known;
    long interval;
    long upTo;
    synchronized (this) {
      interval = interval();
      upTo = selection.at() == null ? newest : selection.at().getEpochSecond();
      pairs = how.apply(CellQuery.of(selection, interval, upTo), series.values());
      known = Map.copyOf(nodes);
      upTo = Math.min(newest, upTo);
    }
    // Readers of agents do not wait for that.
    pairs.sort(null);
    return new MatrixView(interval, upTo, List.copyOf(pairs), known);
  }

  /** All that is held of one ordered pair: its series, whole histories. */
  public synchronized List<PairHistory> history(String source, String destination) {
    List<PairHistory> histories = new ArrayList<>();
    NavigableMap<String, List<Series>> grouped = new TreeMap<>();
    for (Series one : series.values()) {
      if (one.key().source().equals(source) && one.key().destination().equals(destination)) {
        grouped
            .computeIfAbsent(one.key().port() + '\n' + one.key().family(), k -> new ArrayList<>())
            .add(one);
      }
    }
    for (List<Series> members : grouped.values()) {
      NavigableMap<Long, Cell> cells = new TreeMap<>();
      NavigableMap<Long, NavigableMap<Integer, PathCell>> paths = new TreeMap<>();
      for (Series member : members) {
        for (Cell cell : member.cells(0, Long.MAX_VALUE - 1, Integer.MAX_VALUE)) {
          cells.merge(cell.end(), cell, Cell::plus);
        }
        member.pathWindows(0, Long.MAX_VALUE >>> 16, paths);
      }
      SeriesKey key = members.getFirst().key();
      histories.add(new PairHistory(key.port(), key.family(), List.copyOf(cells.values()), paths));
    }
    return histories;
  }

  /**
   * All pairs together per window, beyond ten minutes per minute: its end in seconds since the
   * epoch, to their sum.
   */
  public synchronized NavigableMap<Long, WindowSum> windows() {
    return sums.copy();
  }

  private void putPair(String owner, String agent, Point point, long end, long now) {
    SeriesKey key = SeriesKey.of(point, agent);
    Series one = series(key, owner);
    if (one == null) {
      ignored++;
      return;
    }
    Cell before = one.window(end);
    if (before == null && !memory.hasRoom(one.owner())) {
      ignored++;
      return;
    }
    Cell cell = before == null ? Cell.of(point) : Cell.of(point).keepingDirectionsOf(before);
    int bytes = one.bytes();
    boolean taken = one.put(cell);
    if (taken && end <= now - fineSeconds()) {
      // An agent that is caught up with has many of these: they shall not pile up until the next
      // ageing.
      int room = one.pathCapacity();
      one.age(now - fineSeconds(), now - keepSeconds());
      paths += one.pathCapacity() - room;
    }
    memory.add(one.owner(), one.bytes() - bytes);
    if (!taken) {
      ignored++;
      return;
    }
    sums.put(before, cell);
    join.addProbed(one, cell, point, now);
    boolean current = end >= newest;
    // Also where our own clock was ahead and is right now.
    newest = Math.min(Math.max(newest, end), now + aheadSeconds);
    Map<String, String> tags = point.tags();
    learn(key.source(), tags.get(Point.Tags.SRC_ZONE), tags.get(Point.Tags.SRC_IP), current);
    learn(key.destination(), tags.get(Point.Tags.DST_ZONE), tags.get(Point.Tags.DST_IP), current);
  }

  /** The series of that key; null where it is new and there is no room for it. */
  private @Nullable Series series(SeriesKey key, String owner) {
    Series known = series.get(key);
    if (known == null && memory.hasRoom(owner)) {
      known = new Series(key, owner);
      memory.add(owner, known.bytes());
      series.put(key, known);
      join.addSeries(known);
    }
    return known;
  }

  private void putPath(String owner, String agent, Point point, long end) {
    Integer port = sourcePort(point.tags().get(Point.Tags.SRC_PORT));
    if (port == null) {
      ignored++;
      return;
    }
    Series one = series(SeriesKey.of(point, agent), owner);
    if (one == null) {
      ignored++;
      return;
    }
    int room = one.pathCapacity();
    int bytes = one.bytes();
    ignored +=
        one.putPath(
            end,
            new PathCell(
                port,
                Math.round(point.number(Point.Fields.SENT, 0)),
                Math.round(point.number(Point.Fields.LOST, 0)),
                point.number(Point.Fields.RTT, Double.NaN)),
            pathWindows(),
            paths < 3 * manyPaths && memory.hasRoom(one.owner()));
    paths += one.pathCapacity() - room;
    memory.add(one.owner(), one.bytes() - bytes);
  }

  /** Of how many of a pair's windows there is room for source ports. */
  private int pathWindows() {
    if (paths <= manyPaths) {
      return Integer.MAX_VALUE;
    }
    return paths <= 2 * manyPaths ? FEW_WINDOWS : 1;
  }

  private static @Nullable Integer sourcePort(@Nullable String tag) {
    if (tag == null || !tag.matches("[0-9]{1,5}")) {
      return null;
    }
    int port = Integer.parseInt(tag);
    return port <= 65_535 ? port : null;
  }

  /**
   * Takes what a point tells of a node or target. An address that has changed is the new one's of
   * its family; late windows change nothing.
   */
  private void learn(
      String name, @Nullable String zone, @Nullable String address, boolean current) {
    NodeInfo known = nodes.get(name);
    if (known == null) {
      nodes.put(name, new NodeInfo(name, zone == null ? "" : zone, address == null ? "" : address));
      return;
    }
    String zoneNow = zone != null && (current || known.zone().isEmpty()) ? zone : known.zone();
    String addressNow =
        address != null && (known.address().isEmpty() || (current && replaces(address, known)))
            ? address
            : known.address();
    if (!zoneNow.equals(known.zone()) || !addressNow.equals(known.address())) {
      nodes.put(name, new NodeInfo(name, zoneNow, addressNow));
    }
  }

  private static boolean replaces(String address, NodeInfo known) {
    return AddressOwners.isV6(address) == AddressOwners.isV6(known.address());
  }

  /** How far back windows are held as they came. */
  private long fineSeconds() {
    return halved == 0 ? fineSeconds : Math.max(Math.min(60, fineSeconds), fineSeconds >> halved);
  }

  /** How far back anything is held. */
  private long keepSeconds() {
    return Math.max(keepSeconds >> halved, fineSeconds());
  }

  private void age(long now) {
    lastAged = now;
    if (halved > 0 && memory.hasAmpleRoom()) {
      halved--;
    }
    ageSeries(now);
    while (memory.isTight() && halved < SHORTEST) {
      halved++;
      ageSeries(now);
    }
    Set<String> seen = new HashSet<>();
    for (SeriesKey key : series.keySet()) {
      seen.add(key.source());
      seen.add(key.destination());
    }
    nodes.keySet().retainAll(seen);
    join.age(seen, now);
  }

  private void ageSeries(long now) {
    paths = 0;
    memory.clear();
    sums.age(now - fineSeconds(), now - keepSeconds());
    series
        .values()
        .removeIf(one -> {
          one.age(now - fineSeconds(), now - keepSeconds());
          if (one.isEmpty()) {
            return true;
          }
          paths += one.pathCapacity();
          memory.add(one.owner(), one.bytes());
          return false;
        });
  }

  /** What most agents have, each by most of its pairs: one of many pairs must not decide it. */
  private long interval() {
    Map<String, Map<Long, Integer>> byOwner = new HashMap<>();
    for (Series one : series.values()) {
      if (one.spacing() > 0) {
        byOwner
            .computeIfAbsent(one.owner(), k -> new HashMap<>(2))
            .merge(one.spacing(), 1, Integer::sum);
      }
    }
    Map<Long, Integer> votes = new HashMap<>();
    byOwner.values().forEach(spacings -> votes.merge(mostCommon(spacings), 1, Integer::sum));
    return votes.isEmpty() ? defaultInterval : mostCommon(votes);
  }

  /** Of several the longest: too long a window leaves nothing out. */
  private static long mostCommon(Map<Long, Integer> counts) {
    return counts.entrySet().stream()
        .max(Map.Entry.<Long, Integer>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
        .orElseThrow()
        .getKey();
  }
}
