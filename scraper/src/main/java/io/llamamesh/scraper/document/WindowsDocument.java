package io.llamamesh.scraper.document;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.llamamesh.scraper.matrix.Rounding;
import io.llamamesh.scraper.matrix.WindowSum;
import java.time.Instant;
import java.util.List;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;

/**
 * JSON document of {@code /api/v1/windows}: the windows in memory, for the page's time slider.
 *
 * @param mesh the mesh's name
 * @param intervalSeconds length of a window
 * @param windows oldest first; beyond ten minutes one entry a minute
 */
public record WindowsDocument(String mesh, long intervalSeconds, List<Window> windows) {

  /**
   * One window over all pairs.
   *
   * @param end its end
   * @param series number of series that reported it
   * @param sent probes sent
   * @param lost probes lost
   * @param lossPercent loss in percent; absent if no probe counts
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Window(
      Instant end, int series, long sent, long lost, @Nullable Double lossPercent) {}

  public static WindowsDocument of(
      String mesh, long interval, NavigableMap<Long, WindowSum> windows) {
    return new WindowsDocument(
        mesh,
        interval,
        windows.entrySet().stream()
            .map(entry -> {
              WindowSum sum = entry.getValue();
              long counted = sum.received() + sum.lost();
              return new Window(
                  Instant.ofEpochSecond(entry.getKey()),
                  sum.series(),
                  sum.sent(),
                  sum.lost(),
                  Rounding.percent(counted == 0 ? Double.NaN : 100.0 * sum.lost() / counted));
            })
            .toList());
  }
}
