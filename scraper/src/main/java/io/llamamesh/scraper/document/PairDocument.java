package io.llamamesh.scraper.document;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.llamamesh.scraper.matrix.Cell;
import io.llamamesh.scraper.matrix.PairHistory;
import io.llamamesh.scraper.matrix.PathCell;
import io.llamamesh.scraper.matrix.Rounding;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * JSON document of {@code /api/v1/pairs/{source}/{destination}}: the history of one ordered pair.
 *
 * @param mesh the mesh's name
 * @param source name of the node that probes
 * @param destination name of the node or target that is probed
 * @param intervalSeconds length of a window
 * @param series one per traffic class and address family
 */
public record PairDocument(
    String mesh, String source, String destination, long intervalSeconds, List<Series> series) {

  /**
   * Series of one traffic class and address family.
   *
   * @param port the class's name
   * @param family {@code IPv4} or {@code IPv6}
   * @param history windows, oldest first; beyond ten minutes one entry a minute
   * @param paths source ports over all lossy windows of the last ten minutes, or of the last few if
   *     very many pairs lose
   * @param pathWindows the lossy windows, oldest first
   */
  public record Series(
      String port,
      String family,
      List<Window> history,
      List<Path> paths,
      List<PathWindow> pathWindows) {

    public static Series of(PairHistory history) {
      NavigableMap<Integer, Path> ports = new TreeMap<>();
      List<PathWindow> windows = new ArrayList<>();
      for (Map.Entry<Long, NavigableMap<Integer, PathCell>> window : history.paths().entrySet()) {
        List<Path> paths = window.getValue().values().stream().map(Path::of).toList();
        windows.add(new PathWindow(Instant.ofEpochSecond(window.getKey()), paths));
        paths.forEach(path -> ports.merge(path.sourcePort(), path, Path::plus));
      }
      return new Series(
          history.port(),
          history.family(),
          history.cells().stream().map(Window::of).toList(),
          List.copyOf(ports.values()),
          windows);
    }
  }

  /**
   * One window, or one minute.
   *
   * @param end its end
   * @param due probes that were due
   * @param skipped of the due, those not sent, since the agent did not run
   * @param sent probes sent
   * @param received probes that returned in time
   * @param stalled of the received, those without an RTT, since one end of the pair was stalled
   * @param lost probes that count as lost
   * @param refused probes that the peer's host refused
   * @param forwardLost of the lost, those known to be lost on the forward path: by later replies
   *     or, if none returned, by the count of the destination's reflector
   * @param returnLost of the lost, those known to be lost on the return path
   * @param lossPercent loss in percent; absent if no probe counts
   * @param rttP50 milliseconds; absent if none returned
   * @param rttP99 milliseconds
   * @param jitter milliseconds
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Window(
      Instant end,
      long due,
      long skipped,
      long sent,
      long received,
      long stalled,
      long lost,
      long refused,
      long forwardLost,
      long returnLost,
      @Nullable Double lossPercent,
      @Nullable Double rttP50,
      @Nullable Double rttP99,
      @Nullable Double jitter) {
    static Window of(Cell cell) {
      return new Window(
          Instant.ofEpochSecond(cell.end()),
          cell.due(),
          cell.skipped(),
          cell.sent(),
          cell.received(),
          cell.stalled(),
          cell.lost(),
          cell.refused(),
          cell.forwardLost(),
          cell.returnLost(),
          Rounding.percent(cell.lossPercent()),
          Rounding.millis(cell.rttP50()),
          Rounding.millis(cell.rttP99()),
          Rounding.millis(cell.jitter()));
    }
  }

  /**
   * Source ports in a lossy window.
   *
   * @param end its end
   * @param paths one per source port
   */
  public record PathWindow(Instant end, List<Path> paths) {}

  /**
   * One source port, which selects an ECMP path.
   *
   * @param sourcePort UDP source port
   * @param sent probes sent
   * @param lost probes lost
   * @param lossPercent loss in percent; absent if none was sent
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Path(int sourcePort, long sent, long lost, @Nullable Double lossPercent) {
    static Path of(PathCell cell) {
      return of(cell.sourcePort(), cell.sent(), cell.lost());
    }

    Path plus(Path other) {
      return of(sourcePort, sent + other.sent, lost + other.lost);
    }

    private static Path of(int port, long sent, long lost) {
      return new Path(
          port,
          sent,
          lost,
          Rounding.percent(sent == 0 ? Double.NaN : 100.0 * Math.min(lost, sent) / sent));
    }
  }
}
