package io.llamamesh.scraper.matrix;

import io.llamamesh.results.Point;
import io.llamamesh.scraper.matrix.AddressOwners.Address;
import io.llamamesh.scraper.matrix.ReflectorHistory.ReflectorWindow;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Join of probers' losses with their reflectors' counts: if nothing returns, only the reflector
 * shows in which direction it was lost. The directions found are put into the probers' cells.
 *
 * <p>A reflector counts by the sender's address, all classes together, and in windows of its own
 * clock. So windows are joined only if both agents reported them and the ones before, and if the
 * owners of the addresses are known; otherwise directions stay unknown. Not thread-safe: {@link
 * Matrix} owns it.
 */
final class ReflectorJoin {
  private static final int POOLED = 3;

  /** New names per page at most: an agent's own name, and its address before the name is known. */
  private static final int MAX_NEW_NAMES = 4;

  private static final int MAX_HISTORIES = 20_000;

  // A node may send from addresses at which it is not probed.
  private final AddressOwners senders = new AddressOwners();
  private final AddressOwners targets = new AddressOwners();
  private final Map<String, ReflectorHistory> histories = new HashMap<>();
  // Pairs with losses of unknown direction, by the destination whose agent may explain them.
  private final Map<String, Set<Lossy>> lossy = new HashMap<>();

  // The window being read: points of one window come one after the other.
  private String openAgent = "";
  private long openEnd = Long.MIN_VALUE;
  private @Nullable ReflectorWindow openWindow;
  private int newNames;
  private final Set<String> updated = new HashSet<>();
  private final Set<Lossy> newlyLossy = new HashSet<>();

  /**
   * A pair with losses of unknown direction. Comparable for the same reason as {@link SeriesKey}.
   */
  private record Lossy(String source, String destination, boolean v6) implements Comparable<Lossy> {
    private static final Comparator<Lossy> ORDER =
        Comparator.comparing(Lossy::source)
            .thenComparing(Lossy::destination)
            .thenComparing(Lossy::v6);

    @Override
    public int compareTo(Lossy other) {
      return ORDER.compare(this, other);
    }
  }

  /** Number of names with a history. */
  int size() {
    return histories.size();
  }

  /** Begins a page of an agent; {@code aheadMillis} is how far its clock is ahead. */
  void begin(String agent, long aheadMillis) {
    openAgent = "";
    openWindow = null;
    newNames = 0;
    ReflectorHistory own = history(agent);
    if (own != null) {
      own.setClockMillis(aheadMillis);
    }
  }

  /** Adds a new series. */
  void addSeries(Series series) {
    // A series exists only if there was room for it, so its source has room, too.
    histories
        .computeIfAbsent(series.key().source(), k -> new ReflectorHistory())
        .probed()
        .add(series);
  }

  /** Adds a pair's window, which is in its series already. */
  void addProbed(Series series, Cell cell, Point point, long now) {
    String source = series.key().source();
    String destination = series.key().destination();
    ReflectorWindow report = openWindow(source, point);
    if (report != null) {
      report.addSent(cell.sent());
    }
    String address = point.tags().get(Point.Tags.DST_IP);
    senders.claim(source, point.tags().get(Point.Tags.SRC_IP), now);
    if (isAgentless(point)) {
      return; // it may be at a node's address under another name, and no reflector counts its
      // probes
    }
    senders.claim(destination, address, now);
    targets.claim(destination, address, now);
    if (cell.lost() > cell.forwardLost() + cell.returnLost()) {
      newlyLossy.add(new Lossy(source, destination, isV6(series)));
    }
  }

  /** Returns whether a point is about a target without a reflector. */
  static boolean isAgentless(Point point) {
    String method = point.tags().get(Point.Tags.METHOD);
    return method != null && (method.equals("icmp") || method.equals("tcp"));
  }

  /** Adds the count of probes that an agent's reflector sent back to one sender in a window. */
  void addReflected(String agent, Point point) {
    String name = point.tags().getOrDefault(Point.Tags.DST_NAME, agent);
    String address = point.tags().getOrDefault(Point.Tags.SRC_IP, "");
    ReflectorWindow report = openWindow(name, point);
    if (report == null) {
      return;
    }
    ReflectorHistory known = histories.get(name);
    if (known != null) {
      known.markReflecting();
    }
    long probes = Math.max(0, Math.round(point.number(Point.Fields.REFLECTED, 0)));
    Address sender = senders.get(address);
    if (sender == null) {
      report.addUnattributed(AddressOwners.isV6(address), probes);
    } else {
      report.addReflected(sender, probes);
    }
  }

  /** Ends a page: joins the windows that can be joined now. */
  void join(long now) {
    for (Lossy pair : newlyLossy) {
      ReflectorHistory destination = histories.get(pair.destination());
      if (destination != null && destination.isReflecting()) {
        lossy.computeIfAbsent(pair.destination(), k -> new HashSet<>()).add(pair);
        if (!updated.contains(pair.destination())) {
          join(pair, now);
        }
      }
    }
    for (String destination : updated) {
      Set<Lossy> pairs = lossy.get(destination);
      if (pairs != null) {
        pairs.removeIf(pair -> !join(pair, now));
        if (pairs.isEmpty()) {
          lossy.remove(destination);
        }
      }
    }
    newlyLossy.clear();
    updated.clear();
  }

  /** Evicts nodes that are gone, and losses that were not explained in time. */
  void age(Set<String> nodes, long now) {
    senders.age(now);
    targets.age(now);
    histories.keySet().retainAll(nodes);
    histories.values().forEach(report -> report.probed().removeIf(Series::isEmpty));
    for (Iterator<Set<Lossy>> all = lossy.values().iterator(); all.hasNext(); ) {
      Set<Lossy> pairs = all.next();
      pairs.removeIf(pair -> !isPending(pair));
      if (pairs.isEmpty()) {
        all.remove();
      }
    }
  }

  private boolean isPending(Lossy pair) {
    ReflectorHistory source = histories.get(pair.source());
    if (source == null) {
      return false;
    }
    List<Series> classes = classes(pair, source);
    return source.windows().stream().anyMatch(report -> undirectedLoss(classes, report.end()) > 0);
  }

  /** Joins a pair's windows; true if one of them had losses of unknown direction. */
  private boolean join(Lossy pair, long now) {
    ReflectorHistory source = histories.get(pair.source());
    ReflectorHistory destination = histories.get(pair.destination());
    if (source == null || destination == null || !isAttributable(pair, now)) {
      return source != null && isPending(pair);
    }
    List<Series> classes = classes(pair, source);
    long clocksApart = Math.abs(source.clockMillis() - destination.clockMillis());
    boolean waits = false;
    for (int last = 0; last < source.windows().size(); last++) {
      if (undirectedLoss(classes, source.windows().get(last).end()) == 0) {
        continue;
      }
      waits = true;
      JoinedWindows evidence = new JoinedWindows(classes, clocksApart);
      for (int i = last; i >= 0 && i > last - POOLED; i--) {
        ReflectorWindow here = source.windows().get(i);
        ReflectorWindow there = destination.window(here.end());
        if (there == null
            || !isSameSpan(source, here, destination, there)
            || !evidence.add(
                here.end(),
                here.end() - source.startOf(here),
                there.reflectedFrom(pair.source(), pair.v6(), now),
                there.unattributed(pair.v6(), now))) {
          break;
        }
        evidence.apply();
      }
    }
    return waits;
  }

  private static boolean isSameSpan(
      ReflectorHistory source,
      ReflectorWindow here,
      ReflectorHistory other,
      ReflectorWindow there) {
    long start = source.startOf(here);
    return start != Long.MIN_VALUE && start == other.startOf(there);
  }

  /**
   * True if the pair's source addresses are known, and no other node is probed at its
   * destination's.
   */
  private boolean isAttributable(Lossy pair, long now) {
    return senders.hasOwn(pair.source(), pair.v6(), now)
        && !targets.hasShared(pair.destination(), pair.v6(), now);
  }

  private static long undirectedLoss(List<Series> classes, long end) {
    long unknown = 0;
    for (Series series : classes) {
      Cell cell = series.window(end);
      unknown += cell == null ? 0 : cell.lost() - cell.forwardLost() - cell.returnLost();
    }
    return Math.max(0, unknown);
  }

  /** All series of a pair in its address family. */
  private static List<Series> classes(Lossy pair, ReflectorHistory source) {
    List<Series> found = new ArrayList<>();
    for (Series series : source.probed()) {
      if (series.key().destination().equals(pair.destination()) && isV6(series) == pair.v6()) {
        found.add(series);
      }
    }
    return found;
  }

  private static boolean isV6(Series series) {
    return series.key().family().equals("IPv6");
  }

  /** The history of a name; null if there are too many names. */
  private @Nullable ReflectorHistory history(String name) {
    ReflectorHistory known = histories.get(name);
    if (known == null && newNames < MAX_NEW_NAMES && histories.size() < MAX_HISTORIES) {
      newNames++;
      known = new ReflectorHistory();
      histories.put(name, known);
    }
    return known;
  }

  private @Nullable ReflectorWindow openWindow(String name, Point point) {
    long end = point.time().getEpochSecond();
    if (!name.equals(openAgent) || end != openEnd) {
      openAgent = name;
      openEnd = end;
      boolean odd = !point.time().equals(Instant.ofEpochSecond(end));
      ReflectorHistory named = history(name);
      openWindow = named == null ? null : named.open(end, odd);
      if (named != null) {
        updated.add(name);
      }
    }
    return openWindow;
  }
}
