package io.llamamesh.scraper.web;

import io.llamamesh.results.BurstReport;
import java.util.List;
import java.util.Optional;

/** Bursts of a scraper that starts none. */
final class NoBursts implements PageBursts {
  private static final String REASON = "this scraper starts no bursts";

  @Override
  public String unavailableReason() {
    return REASON;
  }

  @Override
  public BurstReport start(Order order) throws RefusedBurstException {
    throw new RefusedBurstException(503, REASON);
  }

  @Override
  public Optional<BurstReport> find(String id) {
    return Optional.empty();
  }

  @Override
  public List<BurstReport> recent() {
    return List.of();
  }
}
