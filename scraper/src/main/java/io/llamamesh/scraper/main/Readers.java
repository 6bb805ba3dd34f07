package io.llamamesh.scraper.main;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Who reads the page's data, and how much of it as metrics.
 *
 * @param accepted whether the value of the header {@code Authorization} lets in
 * @param everyPair whether metrics have series for every pair, not for bad ones alone
 */
public record Readers(Predicate<@Nullable String> accepted, boolean everyPair) {
  /** Everybody, bad pairs. */
  public static final Readers ALL = new Readers(authorization -> true, false);
}
