package io.llamamesh.scraper.document;

import io.llamamesh.results.MatrixDocument.ZonePair;
import io.llamamesh.scraper.matrix.Cell;
import io.llamamesh.scraper.matrix.MatrixView;
import io.llamamesh.scraper.matrix.PairSeries;
import io.llamamesh.scraper.matrix.Rounding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** Roll-up of pairs by the zones of their ends. */
public final class ZonePairs {
  private record Key(String source, String destination, String port, String family)
      implements Comparable<Key> {
    private static final Comparator<Key> ORDER =
        Comparator.comparing(Key::source)
            .thenComparing(Key::destination)
            .thenComparing(Key::port)
            .thenComparing(Key::family);

    @Override
    public int compareTo(Key other) {
      return ORDER.compare(this, other);
    }
  }

  private record Member(PairSeries pair, Cell pooled) {}

  private ZonePairs() {}

  /**
   * All zone pairs of a view, by source, destination, class; the zone of nodes without one is
   * empty.
   */
  public static List<ZonePair> of(MatrixView view) {
    return of(view, view.pairs());
  }

  static List<ZonePair> of(MatrixView view, List<PairSeries> pairs) {
    TreeMap<Key, List<Member>> members = new TreeMap<>();
    for (PairSeries pair : pairs) {
      Key key =
          new Key(
              view.zone(pair.source()), view.zone(pair.destination()), pair.port(), pair.family());
      members.computeIfAbsent(key, k -> new ArrayList<>()).add(new Member(pair, pair.pooled()));
    }
    return members.entrySet().stream().map(e -> rolledUp(e.getKey(), e.getValue())).toList();
  }

  private static ZonePair rolledUp(Key key, List<Member> members) {
    long sent = 0;
    long received = 0;
    long lost = 0;
    long refused = 0;
    Member worst = members.getFirst();
    for (Member member : members) {
      sent += member.pooled().sent();
      received += member.pooled().received();
      lost += member.pooled().lost();
      refused += member.pooled().refused();
      // NaN, for no counted probe, is never greater.
      if (member.pooled().lossPercent() > orZero(worst.pooled().lossPercent())) {
        worst = member;
      }
    }
    double[] losses = sorted(members, Cell::lossPercent);
    double[] medians = sorted(members, Cell::rttP50);
    double[] tails = sorted(members, Cell::rttP99);
    double[] jitters = sorted(members, Cell::jitter);
    return new ZonePair(
        key.source(),
        key.destination(),
        key.port(),
        key.family(),
        members.size(),
        sent,
        received,
        lost,
        refused,
        Rounding.percent(received + lost == 0 ? Double.NaN : 100.0 * lost / (received + lost)),
        Rounding.percent(median(losses)),
        Rounding.percent(last(losses)),
        worst.pair().source(),
        worst.pair().destination(),
        Rounding.millis(median(medians)),
        Rounding.millis(last(medians)),
        Rounding.millis(median(tails)),
        Rounding.millis(last(tails)),
        Rounding.millis(median(jitters)),
        Rounding.millis(last(jitters)));
  }

  private static double orZero(double number) {
    return Double.isNaN(number) ? 0 : number;
  }

  private static double[] sorted(List<Member> members, ToDoubleFunction<Cell> value) {
    double[] numbers =
        members.stream()
            .mapToDouble(member -> value.applyAsDouble(member.pooled()))
            .filter(number -> !Double.isNaN(number))
            .toArray();
    Arrays.sort(numbers);
    return numbers;
  }

  private static double median(double[] sorted) {
    return sorted.length == 0 ? Double.NaN : sorted[(sorted.length - 1) / 2];
  }

  private static double last(double[] sorted) {
    return sorted.length == 0 ? Double.NaN : sorted[sorted.length - 1];
  }
}
