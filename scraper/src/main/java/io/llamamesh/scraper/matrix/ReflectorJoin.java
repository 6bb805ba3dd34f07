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
 * Joins what probers lost with what the reflectors on the other side counted: where nothing
 * returns, only they know which way it was lost. What is found is put into the probers' cells.
 *
 * <p>A reflector counts by the sender's address, all classes together, and in windows of its own
 * clock. So windows are joined only where both agents reported them and the ones before, and where
 * it is known whose the addresses are; everything else stays unknown. Not thread-safe: {@link
 * Matrix} owns it.
 */
final class ReflectorJoin {
  private static final int POOLED = 3;

  /** An agent's own name and, where only its address is known, that: more is made up. */
  private static final int MAX_NEW_NAMES = 4;

  private static final int MAX_HISTORIES = 20_000;

  // A node may send from addresses at which nobody probes it.
  private final AddressOwners senders = new AddressOwners();
  private final AddressOwners targets = new AddressOwners();
  private final Map<String, ReflectorHistory> histories = new HashMap<>();
  // Who lost probes that may be told by that destination's agent, when it reports.
  private final Map<String, Set<Lossy>> lossy = new HashMap<>();

  // Points of one window come one after the other.
  private String openAgent = "";
  private long openEnd = Long.MIN_VALUE;
  private @Nullable ReflectorWindow openWindow;
  private int newNames;
  private final Set<String> updated = new HashSet<>();
  private final Set<Lossy> newlyLossy = new HashSet<>();

  /** Comparable for the same reason as {@link SeriesKey}. */
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

  /** Of how many names it holds reports. */
  int size() {
    return histories.size();
  }

  /** Points of an agent begin; {@code aheadMillis} is how far its clock is ahead. */
  void begin(String agent, long aheadMillis) {
    openAgent = "";
    openWindow = null;
    newNames = 0;
    ReflectorHistory own = history(agent);
    if (own != null) {
      own.setClockMillis(aheadMillis);
    }
  }

  /** A series is there from now on. */
  void addSeries(Series series) {
    // A series is there only where there was room for it, and so has its source.
    histories
        .computeIfAbsent(series.key().source(), k -> new ReflectorHistory())
        .probed()
        .add(series);
  }

  /** A pair's window, which is in its series already. */
  void addProbed(Series series, Cell cell, Point point, long now) {
    String source = series.key().source();
    String destination = series.key().destination();
    ReflectorWindow report = openWindow(source, point);
    if (report != null) {
      report.addSent(cell.sent());
    }
    String address = point.tags().get(Point.Tags.DST_IP);
    senders.claim(source, point.tags().get(Point.Tags.SRC_IP), now);
    senders.claim(destination, address, now);
    targets.claim(destination, address, now);
    if (cell.lost() > cell.forwardLost() + cell.returnLost()) {
      newlyLossy.add(new Lossy(source, destination, isV6(series)));
    }
  }

  /** What an agent's reflector sent back to one sender in a window. */
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

  /** All points of a reading are in: joins what can be joined now. */
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

  /** Forgets nodes that are no more, and what was not told in time. */
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

  /** Joins a pair's windows; whether there is one that lost probes of unknown direction. */
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
   * Whether it is known where the pair's probes come from, and that nobody else is probed there.
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

  /** All that the source probes of that destination in that family. */
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

  /** The reports of that name; null where there are too many names. */
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
