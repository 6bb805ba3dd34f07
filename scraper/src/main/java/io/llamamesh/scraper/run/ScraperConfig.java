package io.llamamesh.scraper.run;

import io.llamamesh.scraper.analysis.Limits;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How a scraper runs.
 *
 * @param mesh the mesh's name
 * @param web where the page and the API listen
 * @param webOptional whether it runs on without a page where that address is taken
 * @param ingest where draining agents post; null: nowhere
 * @param interval length of a window while none was seen
 * @param retention how far back the matrix remembers
 * @param agentTimeout of one request to an agent
 * @param limits what makes the network unhealthy
 * @param access who may read the page's data, and how much of it as metrics
 */
public record ScraperConfig(
    String mesh,
    InetSocketAddress web,
    boolean webOptional,
    @Nullable InetSocketAddress ingest,
    Duration interval,
    Duration retention,
    Duration agentTimeout,
    Limits limits,
    WebAccess access) {
  /** Everybody reads. */
  public ScraperConfig(
      String mesh,
      InetSocketAddress web,
      @Nullable InetSocketAddress ingest,
      Duration interval,
      Duration retention,
      Duration agentTimeout,
      Limits limits) {
    this(mesh, web, false, ingest, interval, retention, agentTimeout, limits, WebAccess.OPEN);
  }

  /** Without a place where draining agents post; everybody reads. */
  public ScraperConfig(
      String mesh,
      InetSocketAddress web,
      Duration interval,
      Duration retention,
      Duration agentTimeout,
      Limits limits) {
    this(mesh, web, false, null, interval, retention, agentTimeout, limits, WebAccess.OPEN);
  }

  public ScraperConfig {
    within("interval", interval, Duration.ofSeconds(1), Duration.ofHours(1));
    within("retention", retention, Duration.ofMinutes(1), Duration.ofHours(24));
    within("agent-timeout", agentTimeout, Duration.ofMillis(100), Duration.ofMinutes(1));
  }

  private static void within(String name, Duration value, Duration least, Duration most) {
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          "--%s must be %s to %s, was %s".formatted(name, words(least), words(most), words(value)));
    }
  }

  private static String words(Duration duration) {
    return duration.toString().substring(2).toLowerCase(Locale.ROOT);
  }
}
