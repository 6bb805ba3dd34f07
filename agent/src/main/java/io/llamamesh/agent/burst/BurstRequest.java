package io.llamamesh.agent.burst;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A request for a burst.
 *
 * @param id name of the burst, {@value #ID_LENGTH} letters and digits at most
 * @param target name of the member to probe
 * @param pps probes per second of each agent
 * @param length time for which probes are sent
 * @param by who asks, for logs and status
 */
public record BurstRequest(String id, String target, int pps, Duration length, String by) {

  private static final int ID_LENGTH = 40;

  /** Reason why these are no bounds of a burst, with what would be; null when they are. */
  public @Nullable String problem() {
    if (id.isEmpty()
        || id.length() > ID_LENGTH
        || !id.chars().allMatch(BurstRequest::isLetterOrDigit)) {
      return "id must be 1 to " + ID_LENGTH + " letters and digits";
    }
    if (target.isBlank() || target.length() > BurstLimits.MAX_NAME || hasControl(target)) {
      return "target must be the name of a member";
    }
    if (pps < 1 || pps > BurstLimits.MAX_PPS) {
      return "pps must be from 1 to " + BurstLimits.MAX_PPS + ", was " + pps;
    }
    if (length.compareTo(Duration.ofSeconds(1)) < 0
        || length.compareTo(BurstLimits.MAX_LENGTH) > 0) {
      return "seconds must be from 1 to "
          + BurstLimits.MAX_LENGTH.toSeconds()
          + ", was "
          + length.toMillis() / 1_000.0;
    }
    if (by.isBlank() || by.length() > BurstLimits.MAX_NAME || hasControl(by)) {
      return "by must say who asks, in at most " + BurstLimits.MAX_NAME + " characters";
    }
    return null;
  }

  private static boolean isLetterOrDigit(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  }

  private static boolean hasControl(String text) {
    return text.chars().anyMatch(Character::isISOControl);
  }
}
