package io.llamamesh.operator.status;

import org.jspecify.annotations.Nullable;

/**
 * Readiness of the scrapers, by their pods.
 *
 * @param wanted replicas asked for
 * @param ready pods that are ready, of whatever template
 * @param older pods of an older template that still run; 0: no rollout is under way
 * @param obstacle why one does not start, or null
 */
public record ScraperReadiness(int wanted, int ready, int older, @Nullable Obstacle obstacle) {

  /** Scrapers of one template only. */
  public ScraperReadiness(int wanted, int ready, @Nullable Obstacle obstacle) {
    this(wanted, ready, 0, obstacle);
  }

  /** The same with a reason why pods do not come up; null: none. */
  public ScraperReadiness withObstacle(@Nullable Obstacle reason) {
    return new ScraperReadiness(wanted, ready, older, reason);
  }

  /** The same during a rollout. */
  public ScraperReadiness withOlder(int pods) {
    return new ScraperReadiness(wanted, ready, pods, obstacle);
  }

  /** Whether as many are ready as are asked for. */
  public boolean hasAllReady() {
    return ready >= Math.max(1, wanted);
  }

  /** Whether these are of the newest template, too. */
  public boolean isComplete() {
    return hasAllReady() && older == 0;
  }
}
