package io.llamamesh.scraper.matrix;

import io.llamamesh.results.Point;
import io.llamamesh.scraper.matrix.Addresses.Address;
import io.llamamesh.scraper.matrix.Reports.Report;
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
  private static final int NAMES_OF_A_READING = 4;

  private static final int MAX_REPORTS = 20_000;

  // A node may send from addresses at which nobody probes it.
  private final Addresses senders = new Addresses();
  private final Addresses targets = new Addresses();
  private final Map<String, Reports> reports = new HashMap<>();
  // Who lost probes that may be told by that destination's agent, when it reports.
  private final Map<String, Set<Lossy>> lossy = new HashMap<>();

  // Points of one window come one after the other.
  private String openAgent = "";
  private long openEnd = Long.MIN_VALUE;
  private @Nullable Report open;
  private int newNames;
  private final Set<String> news = new HashSet<>();
  private final Set<Lossy> fresh = new HashSet<>();

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
    return reports.size();
  }

  /** Points of an agent begin; {@code aheadMillis} is how far its clock is ahead. */
  void begin(String agent, long aheadMillis) {
    openAgent = "";
    open = null;
    newNames = 0;
    Reports own = reports(agent);
    if (own != null) {
      own.clock(aheadMillis);
    }
  }

  /** A series is there from now on. */
  void added(Series series) {
    // A series is there only where there was room for it, and so has its source.
    reports.computeIfAbsent(series.key().source(), k -> new Reports()).probed().add(series);
  }

  /** A pair's window, which is in its series already. */
  void probed(Series series, Cell cell, Point point, long now) {
    String source = series.key().source();
    String destination = series.key().destination();
    Report report = open(source, point);
    if (report != null) {
      report.sent(cell.sent());
    }
    String address = point.tags().get(Point.Tags.DST_IP);
    senders.claim(source, point.tags().get(Point.Tags.SRC_IP), now);
    senders.claim(destination, address, now);
    targets.claim(destination, address, now);
    if (cell.lost() > cell.forwardLost() + cell.returnLost()) {
      fresh.add(new Lossy(source, destination, v6(series)));
    }
  }

  /** What an agent's reflector sent back to one sender in a window. */
  void reflected(String agent, Point point) {
    String name = point.tags().getOrDefault(Point.Tags.DST_NAME, agent);
    String address = point.tags().getOrDefault(Point.Tags.SRC_IP, "");
    Report report = open(name, point);
    if (report == null) {
      return;
    }
    Reports known = reports.get(name);
    if (known != null) {
      known.nowReflects();
    }
    long probes = Math.max(0, Math.round(point.number(Point.Fields.REFLECTED, 0)));
    Address sender = senders.get(address);
    if (sender == null) {
      report.unnamed(Addresses.isV6(address), probes);
    } else {
      report.reflected(sender, probes);
    }
  }

  /** All points of a reading are in: joins what can be joined now. */
  void settle(long now) {
    for (Lossy pair : fresh) {
      Reports destination = reports.get(pair.destination());
      if (destination != null && destination.reflects()) {
        lossy.computeIfAbsent(pair.destination(), k -> new HashSet<>()).add(pair);
        if (!news.contains(pair.destination())) {
          settle(pair, now);
        }
      }
    }
    for (String destination : news) {
      Set<Lossy> pairs = lossy.get(destination);
      if (pairs != null) {
        pairs.removeIf(pair -> !settle(pair, now));
        if (pairs.isEmpty()) {
          lossy.remove(destination);
        }
      }
    }
    fresh.clear();
    news.clear();
  }

  /** Forgets nodes that are no more, and what was not told in time. */
  void age(Set<String> nodes, long now) {
    senders.age(now);
    targets.age(now);
    reports.keySet().retainAll(nodes);
    reports.values().forEach(report -> report.probed().removeIf(Series::isEmpty));
    for (Iterator<Set<Lossy>> all = lossy.values().iterator(); all.hasNext(); ) {
      Set<Lossy> pairs = all.next();
      pairs.removeIf(pair -> !waits(pair));
      if (pairs.isEmpty()) {
        all.remove();
      }
    }
  }

  private boolean waits(Lossy pair) {
    Reports source = reports.get(pair.source());
    if (source == null) {
      return false;
    }
    List<Series> classes = classes(pair, source);
    return source.windows().stream().anyMatch(report -> unknown(classes, report.end()) > 0);
  }

  /** Joins a pair's windows; whether there is one that lost probes of unknown direction. */
  private boolean settle(Lossy pair, long now) {
    Reports source = reports.get(pair.source());
    Reports destination = reports.get(pair.destination());
    if (source == null || destination == null || !named(pair, now)) {
      return source != null && waits(pair);
    }
    List<Series> classes = classes(pair, source);
    long clocksApart = Math.abs(source.clockMillis() - destination.clockMillis());
    boolean waits = false;
    for (int last = 0; last < source.windows().size(); last++) {
      if (unknown(classes, source.windows().get(last).end()) == 0) {
        continue;
      }
      waits = true;
      Evidence evidence = new Evidence(classes, clocksApart);
      for (int i = last; i >= 0 && i > last - POOLED; i--) {
        Report here = source.windows().get(i);
        Report there = destination.window(here.end());
        if (there == null
            || !sameSpan(source, here, destination, there)
            || !evidence.add(
                here.end(),
                here.end() - source.startOf(here),
                there.reflectedThen(pair.source(), pair.v6(), now),
                there.unnamedThen(pair.v6(), now))) {
          break;
        }
        evidence.settle();
      }
    }
    return waits;
  }

  private static boolean sameSpan(Reports source, Report here, Reports other, Report there) {
    long start = source.startOf(here);
    return start != Long.MIN_VALUE && start == other.startOf(there);
  }

  /**
   * Whether it is known where the pair's probes come from, and that nobody else is probed there.
   */
  private boolean named(Lossy pair, long now) {
    return senders.hasOwn(pair.source(), pair.v6(), now)
        && !targets.shares(pair.destination(), pair.v6(), now);
  }

  private static long unknown(List<Series> classes, long end) {
    long unknown = 0;
    for (Series series : classes) {
      Cell cell = series.window(end);
      unknown += cell == null ? 0 : cell.lost() - cell.forwardLost() - cell.returnLost();
    }
    return Math.max(0, unknown);
  }

  /** All that the source probes of that destination in that family. */
  private static List<Series> classes(Lossy pair, Reports source) {
    List<Series> found = new ArrayList<>();
    for (Series series : source.probed()) {
      if (series.key().destination().equals(pair.destination()) && v6(series) == pair.v6()) {
        found.add(series);
      }
    }
    return found;
  }

  private static boolean v6(Series series) {
    return series.key().family().equals("IPv6");
  }

  /** The reports of that name; null where there are too many names. */
  private @Nullable Reports reports(String name) {
    Reports known = reports.get(name);
    if (known == null && newNames < NAMES_OF_A_READING && reports.size() < MAX_REPORTS) {
      newNames++;
      known = new Reports();
      reports.put(name, known);
    }
    return known;
  }

  private @Nullable Report open(String name, Point point) {
    long end = point.time().getEpochSecond();
    if (!name.equals(openAgent) || end != openEnd) {
      openAgent = name;
      openEnd = end;
      boolean odd = !point.time().equals(Instant.ofEpochSecond(end));
      Reports named = reports(name);
      open = named == null ? null : named.open(end, odd);
      if (named != null) {
        news.add(name);
      }
    }
    return open;
  }
}
