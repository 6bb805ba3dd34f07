package io.llamamesh.scraper.matrix;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Counts of a prober and of its reflector for the same windows, up to a few in a row, joined to
 * find the directions of the prober's losses. Not thread-safe.
 */
final class JoinedWindows {
  private final List<Series> classes;
  private final long clocksApartMillis;
  private final List<Part> parts = new ArrayList<>();
  private int windows;
  private long seconds;
  private long reflected;
  private long unattributed;

  /** One traffic class in one window. */
  private record Part(Series series, long end) {
    Cell cell() {
      Cell cell = series.window(end);
      if (cell == null) {
        throw new IllegalStateException("a window was evicted while in use: " + end);
      }
      return cell;
    }

    long undirectedLoss() {
      Cell cell = cell();
      return Math.max(0, cell.lost() - cell.forwardLost() - cell.returnLost());
    }
  }

  /**
   * @param classes all series of the pair in one address family, which the reflector counts
   *     together
   */
  JoinedWindows(List<Series> classes, long clocksApartMillis) {
    this.classes = classes;
    this.clocksApartMillis = clocksApartMillis;
  }

  /**
   * Adds a window.
   *
   * @return false if the pair was not probed in it
   */
  boolean add(long end, long length, long reflectedThen, long unnamedThen) {
    int before = parts.size();
    for (Series series : classes) {
      if (series.window(end) != null) {
        parts.add(new Part(series, end));
      }
    }
    windows++;
    seconds += length;
    reflected += reflectedThen;
    unattributed += unnamedThen;
    return parts.size() > before;
  }

  /** Writes the inferred directions into the cells. */
  void apply() {
    Cell sum = sum();
    long unknown = parts.stream().mapToLong(Part::undirectedLoss).sum();
    if (sum == null || unknown == 0) {
      return;
    }
    long slop = Directions.slop(sum.sent(), seconds, clocksApartMillis);
    Directions inferred = Directions.infer(sum, reflected, unattributed, slop);
    long forward = Math.min(unknown, inferred.forward() - sum.forwardLost());
    long back = Math.min(unknown - forward, inferred.back() - sum.returnLost());
    if (forward + back <= 0) {
      return;
    }
    boolean oneWay = (forward == 0 || back == 0) && unknown - forward - back <= slop;
    for (Part part : parts) {
      long own = part.undirectedLoss();
      if (oneWay) {
        // All but the edges were lost in one direction, so each part's were, too.
        part.series().addDirections(part.end(), forward * own / unknown, back * own / unknown);
      } else if (windows == 1) {
        // Which class they are of is certain only beyond what the other classes lost.
        long others = unknown - own;
        part.series()
            .addDirections(part.end(), Math.max(0, forward - others), Math.max(0, back - others));
      }
    }
  }

  private @Nullable Cell sum() {
    Cell sum = null;
    for (Part part : parts) {
      sum = sum == null ? part.cell() : sum.plus(part.cell());
    }
    return sum;
  }
}
