package io.llamamesh.results;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A node that somebody silenced for a time: it is measured and shown as ever, and no verdict, alert
 * or suspect comes of it.
 *
 * @param node name of the node
 * @param since when it was silenced
 * @param until when that ends by itself
 * @param by who silenced it
 * @param because why, one line for people
 */
public record SilencedNode(String node, Instant since, Instant until, String by, String because) {
  /** Longest time for which a node can be silenced. */
  public static final Duration MAX_LENGTH = Duration.ofDays(7);

  /** Longest reason, in characters. */
  public static final int MAX_BECAUSE = 200;

  /** Longest name of a node, and of whoever silences it. */
  public static final int MAX_NAME = 253;

  /** Most nodes that are silenced at a time. */
  public static final int MAX_SILENCED = 100;

  /** True while it lasts. */
  public boolean isActive(Instant now) {
    return now.isBefore(until);
  }

  /** Reason why this is out of bounds, with the bound; null when it is not. */
  public @Nullable String problem() {
    if (isBad(node, MAX_NAME)) {
      return "node must be the name of a node";
    }
    if (isBad(by, MAX_NAME)) {
      return "by must say who asks, in at most " + MAX_NAME + " characters";
    }
    if (isBad(because, MAX_BECAUSE)) {
      return "because must be a reason of at most " + MAX_BECAUSE + " characters, in one line";
    }
    if (since == null || until == null || !since.isBefore(until)) {
      return "until must be later than since";
    }
    if (Duration.between(since, until).compareTo(MAX_LENGTH) > 0) {
      return "a node is silenced for " + MAX_LENGTH.toDays() + " days at most";
    }
    return null;
  }

  private static boolean isBad(@Nullable String text, int longest) {
    return text == null
        || text.isBlank()
        || text.length() > longest
        || text.chars().anyMatch(Character::isISOControl);
  }
}
