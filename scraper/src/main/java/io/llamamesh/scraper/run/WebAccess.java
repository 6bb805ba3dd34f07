package io.llamamesh.scraper.run;

import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Access to the page's data, and the extent of its metrics.
 *
 * @param accepted predicate for the value of the header {@code Authorization}
 * @param acting the same for who may start bursts; null: nobody may
 * @param everyPair true if metrics have series for every pair, not only for bad ones
 * @param hosts accepted host names, beside addresses and names of Services
 */
public record WebAccess(
    Predicate<@Nullable String> accepted,
    @Nullable Predicate<@Nullable String> acting,
    boolean everyPair,
    Set<String> hosts) {
  /** Open access, with series for bad pairs only. */
  public static final WebAccess OPEN = new WebAccess(authorization -> true, null, false, Set.of());

  public WebAccess {
    hosts = Set.copyOf(hosts);
  }
}
