package io.llamamesh.operator.status;

import org.jspecify.annotations.Nullable;

/**
 * The scraper as its pods tell.
 *
 * @param wanted replicas asked for
 * @param ready pods that are ready
 * @param obstacle why one does not start, or null
 */
public record ScraperState(int wanted, int ready, @Nullable Obstacle obstacle) {

  /** The same with a reason why pods do not come up. */
  public ScraperState with(Obstacle reason) {
    return new ScraperState(wanted, ready, reason);
  }
}
