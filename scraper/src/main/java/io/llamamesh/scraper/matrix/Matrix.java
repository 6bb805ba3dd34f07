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
 * The loss and latency matrix in memory: windows of the last ten minutes at full resolution, then
 * one cell a minute up to the retention.
 *
 * <p>Thread-safe: any thread may put and read; readers get copies. A window that is put again
 * replaces itself, so the same points twice change nothing.
 */
public final class Matrix {
  private static final Duration FULL_RESOLUTION = Duration.ofMinutes(10);
  private static final long FUTURE_SECONDS = 60;
  private static final long AGEING_SECONDS = 60;

  /**
   * Heap bytes per source port of a lossy window. At 1,000 nodes a fault of all pairs would be
   * fifteen million source ports in ten minutes, 20 bytes each. Up to a fortieth of the heap those
   * of all windows are held; up to twice that those of the last windows only, one more than is
   * judged together; up to three times that those of the newest; and then no more.
   */
  private static final int HEAP_PER_PATH = 860;

  private static final int FEW_WINDOWS = 4;

  /**
   * Share of the heap for histories. An hour of 64,000 pairs takes 188 of 344 MiB, and half as much
   * again is needed as working memory. Beyond that histories are kept for half as long, a quarter,
   * an eighth; then new ones are left out.
   */
  private static final double HEAP_SHARE = 11.0 / 16;

  private static final int SHORTEST = 3;

  private final InstantSource clock;
  private final long defaultInterval;
  private final long fineSeconds;
  private final long keepSeconds;

  /**
   * Largest lead of a sound agent's windows over our clock, as a skew of less than three quarters
   * of a window is not corrected. If the newest window were any further, one agent with a clock
   * ahead would make all others look late.
   */
  private final long aheadSeconds;

  private final long manyPaths;

  private final Map<SeriesKey, Series> series = new HashMap<>();
  private final Map<String, NodeInfo> nodes = new HashMap<>();
  private final WindowSums sums = new WindowSums();
  private final ReflectorJoin join = new ReflectorJoin();
  private final SeriesMemory memory;
  // Times that the histories are halved for lack of memory.
  private int halved;
  private long newest;
  private long lastAged;
  private long version;
  private long ignored;
  // Capacity of all series for source ports together.
  private long paths;

  /**
   * @param interval length of a window until one was received
   * @param retention age up to which cells are kept
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
   * @param manyPaths number of source ports above which those of old windows are dropped
   * @param historyBytes memory for all histories
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

  /** Puts points of one agent whose clock is right. */
  public void put(String agent, Collection<Point> points) {
    put(agent, points, Duration.ZERO);
  }

  /**
   * Puts points of one agent: of pairs, of source ports, and of what its reflector sent back.
   *
   * @param agent the agent's name
   * @param clockAhead skew of the agent's clock that is left in the points' times
   */
  public void put(String agent, Collection<Point> points, Duration clockAhead) {
    put(agent, agent, points, clockAhead);
  }

  /**
   * Puts points of one agent.
   *
   * @param owner name of the agent that was read, to whose share of memory new pairs count: not the
   *     name in its points
   * @param agent the agent's name
   * @param clockAhead skew of the agent's clock that is left in the points' times
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

  /** Version number that changes with every put. */
  public synchronized long version() {
    return version;
  }

  /**
   * Number of points left out: too old, in the future, of an unknown measurement, or source ports
   * without room, evicted ones included.
   */
  public synchronized long ignored() {
    return ignored;
  }

  /** Memory of all histories, bytes. */
  public synchronized long historyBytes() {
    return memory.all();
  }

  /** Retention in seconds as it is now: shorter than configured if memory is short. */
  public synchronized long retainedSeconds() {
    return keepSeconds();
  }

  /** Number of series. */
  public synchronized int size() {
    return series.size();
  }

  /** Length of a window, as agents publish them. */
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
    // Outside of the lock: pollers do not wait for the sort.
    pairs.sort(null);
    return new MatrixView(interval, upTo, List.copyOf(pairs), known);
  }

  /** The whole histories of one ordered pair, by class and family. */
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
   * Sums over all pairs by window, beyond ten minutes by minute; the key is its end in seconds
   * since the epoch.
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
    boolean stored = one.put(cell);
    if (stored && end <= now - fineSeconds()) {
      // Catching up brings many old windows, which must not pile up until the next ageing.
      int room = one.pathCapacity();
      one.age(now - fineSeconds(), now - keepSeconds());
      paths += one.pathCapacity() - room;
    }
    memory.add(one.owner(), one.bytes() - bytes);
    if (!stored) {
      ignored++;
      return;
    }
    sums.put(before, cell);
    join.addProbed(one, cell, point, now);
    boolean current = end >= newest;
    // Also where our own clock was ahead and is right now.
    newest = Math.min(Math.max(newest, end), now + aheadSeconds);
    Map<String, String> tags = point.tags();
    learn(key.source(), tags.get(Point.Tags.SRC_ZONE), tags.get(Point.Tags.SRC_IP), "", current);
    learn(
        key.destination(),
        tags.get(Point.Tags.DST_ZONE),
        tags.get(Point.Tags.DST_IP),
        ReflectorJoin.isAgentless(point) ? tags.getOrDefault(Point.Tags.METHOD, "") : "",
        current);
  }

  /** The series of a key; null if it is new and there is no room for it. */
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

  /** Number of a pair's windows whose source ports are held. */
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
   * Updates zone and address of a node or target from a point. A new address replaces one of the
   * same family; late windows change nothing.
   */
  private void learn(
      String name,
      @Nullable String zone,
      @Nullable String address,
      String method,
      boolean current) {
    NodeInfo known = nodes.get(name);
    if (known == null) {
      nodes.put(
          name,
          new NodeInfo(name, zone == null ? "" : zone, address == null ? "" : address, method));
      return;
    }
    String zoneNow = zone != null && (current || known.zone().isEmpty()) ? zone : known.zone();
    String addressNow =
        address != null && (known.address().isEmpty() || (current && replaces(address, known)))
            ? address
            : known.address();
    String methodNow = current ? method : known.method();
    if (!zoneNow.equals(known.zone())
        || !addressNow.equals(known.address())
        || !methodNow.equals(known.method())) {
      nodes.put(name, new NodeInfo(name, zoneNow, addressNow, methodNow));
    }
  }

  private static boolean replaces(String address, NodeInfo known) {
    return AddressOwners.isV6(address) == AddressOwners.isV6(known.address());
  }

  /** Age up to which windows are held at full resolution. */
  private long fineSeconds() {
    return halved == 0 ? fineSeconds : Math.max(Math.min(60, fineSeconds), fineSeconds >> halved);
  }

  /** Age up to which cells are held. */
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

  /**
   * The interval of most agents, each by most of its pairs: an agent with many pairs must not
   * decide it.
   */
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

  /** The most common; of several the longest, since too long an interval leaves no window out. */
  private static long mostCommon(Map<Long, Integer> counts) {
    return counts.entrySet().stream()
        .max(Map.Entry.<Long, Integer>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
        .orElseThrow()
        .getKey();
  }
}
