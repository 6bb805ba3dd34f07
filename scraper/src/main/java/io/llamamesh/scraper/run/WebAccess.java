package io.llamamesh.scraper.run;

import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Who reads the page's data, and how much of it as metrics.
 *
 * @param accepted whether the value of the header {@code Authorization} lets in
 * @param everyPair whether metrics have series for every pair, not for bad ones alone
 * @param hosts names by which the page may be asked for, beside addresses and names of Services
 */
public record WebAccess(
    Predicate<@Nullable String> accepted, boolean everyPair, Set<String> hosts) {
  /** Everybody, bad pairs. */
  public static final WebAccess OPEN = new WebAccess(authorization -> true, false, Set.of());

  public WebAccess {
    hosts = Set.copyOf(hosts);
  }
}
