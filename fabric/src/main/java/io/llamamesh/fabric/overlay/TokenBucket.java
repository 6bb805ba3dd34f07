package io.llamamesh.fabric.overlay;

/** Allows so many a second, and as many at once as a second gives. */
final class TokenBucket {

  private static final double SECOND = 1e9;

  private double tokens;
  private long filledAt;

  TokenBucket(long now) {
    this.tokens = 1;
    this.filledAt = now;
  }

  /** Takes one if there is one at this rate. */
  boolean tryTake(long now, int perSecond) {
    tokens = Math.min(perSecond, tokens + Math.max(0, now - filledAt) / SECOND * perSecond);
    filledAt = now;
    if (tokens < 1) {
      return false;
    }
    tokens--;
    return true;
  }
}
