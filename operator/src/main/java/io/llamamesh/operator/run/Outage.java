package io.llamamesh.operator.run;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An outage: causes that keep the operator from its work, by who met them. Each cause is logged
 * when it comes, and that all is well again, not each attempt.
 *
 * <p>Any thread may call.
 */
final class Outage {
  private static final Logger LOG = LoggerFactory.getLogger(Outage.class);

  private final Clock clock;
  private final Map<String, String> causes = new TreeMap<>();
  private Instant since = Instant.EPOCH;

  Outage(Clock clock) {
    this.clock = clock;
  }

  /**
   * An attempt failed.
   *
   * @param who tried
   * @param why in one line
   */
  synchronized void failed(String who, String why) {
    if (causes.isEmpty()) {
      since = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }
    boolean known = causes.containsValue(why);
    causes.put(who, why);
    if (!known) {
      LOG.warn("operator not ready error=\"{}\"", why);
    }
  }

  /** An attempt went well. */
  synchronized void recovered(String who) {
    if (causes.remove(who) != null && causes.isEmpty()) {
      LOG.info(
          "operator ready again after={}s", Duration.between(since, clock.instant()).toSeconds());
    }
  }

  /** The cause, and since when; empty where there is none. */
  synchronized String cause() {
    return causes.isEmpty() ? "" : causes.values().iterator().next() + ", since " + since;
  }
}
