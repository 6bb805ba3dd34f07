package io.llamamesh.scraper.run;

import io.llamamesh.scraper.analysis.Limits;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Configuration of a scraper.
 *
 * @param mesh the mesh's name
 * @param web address on which page and API listen
 * @param webOptional true to run without a page if that address is in use
 * @param ingest where agents post their windows; null: nowhere
 * @param interval length of a window until one was received
 * @param retention age up to which the matrix keeps cells
 * @param agentTimeout of one request to an agent
 * @param limits alert limits
 * @param access access to the page's data
 */
public record ScraperConfig(
    String mesh,
    InetSocketAddress web,
    boolean webOptional,
    @Nullable IngestAccess ingest,
    Duration interval,
    Duration retention,
    Duration agentTimeout,
    Limits limits,
    WebAccess access) {
  /** A configuration with open access and without ingest. */
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

  /** The same, running without a page if its address is in use. */
  public ScraperConfig withOptionalWeb() {
    return new ScraperConfig(
        mesh, web, true, ingest, interval, retention, agentTimeout, limits, access);
  }

  /** The same with an address on which agents post with the mesh's token. */
  public ScraperConfig withIngest(InetSocketAddress address) {
    return withIngest(new IngestAccess(address, null, null, null));
  }

  /** The same with an address on which agents post. */
  public ScraperConfig withIngest(IngestAccess posting) {
    return new ScraperConfig(
        mesh, web, webOptional, posting, interval, retention, agentTimeout, limits, access);
  }

  /** The same with another access to the page's data. */
  public ScraperConfig withAccess(WebAccess other) {
    return new ScraperConfig(
        mesh, web, webOptional, ingest, interval, retention, agentTimeout, limits, other);
  }

  private static void within(String name, Duration value, Duration least, Duration most) {
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          "--%s must be %s to %s, was %s".formatted(name, text(least), text(most), text(value)));
    }
  }

  private static String text(Duration duration) {
    return duration.toString().substring(2).toLowerCase(Locale.ROOT);
  }
}
