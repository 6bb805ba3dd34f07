package io.llamamesh.scraper.matrix;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a prober and the reflector on the other side saw of the same windows, up to a few of them in
 * a row, and what follows for the prober's cells. Not thread-safe.
 */
final class JoinedWindows {
  private final List<Series> classes;
  private final long clocksApartMillis;
  private final List<Part> parts = new ArrayList<>();
  private int windows;
  private long seconds;
  private long reflected;
  private long unattributed;

  /** One class in one window. */
  private record Part(Series series, long end) {
    Cell cell() {
      Cell cell = series.window(end);
      if (cell == null) {
        throw new IllegalStateException("a window went while it was looked at: " + end);
      }
      return cell;
    }

    long undirectedLoss() {
      Cell cell = cell();
      return Math.max(0, cell.lost() - cell.forwardLost() - cell.returnLost());
    }
  }

  /**
   * @param classes all series of the pair in one address family: the reflector counts them together
   */
  JoinedWindows(List<Series> classes, long clocksApartMillis) {
    this.classes = classes;
    this.clocksApartMillis = clocksApartMillis;
  }

  /**
   * One window more.
   *
   * @return false where the pair was not probed in it
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

  /** Puts what follows into the cells. */
  void apply() {
    Cell sum = sum();
    long unknown = parts.stream().mapToLong(Part::undirectedLoss).sum();
    if (sum == null || unknown == 0) {
      return;
    }
    long slop = Directions.slop(sum.sent(), seconds, clocksApartMillis);
    Directions told = Directions.infer(sum, reflected, unattributed, slop);
    long forward = Math.min(unknown, told.forward() - sum.forwardLost());
    long back = Math.min(unknown - forward, told.back() - sum.returnLost());
    if (forward + back <= 0) {
      return;
    }
    boolean oneWay = (forward == 0 || back == 0) && unknown - forward - back <= slop;
    for (Part part : parts) {
      long own = part.undirectedLoss();
      if (oneWay) {
        // All but the edges went one way, so whichever they are, each part's did.
        part.series().addDirections(part.end(), forward * own / unknown, back * own / unknown);
      } else if (windows == 1) {
        // Whose of several classes they are is certain only beyond what the others lost.
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
