package io.llamamesh.scraper.matrix;

import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Health of the pull from one agent.
 *
 * @param agent the agent's name, that of its node
 * @param address the address that is polled
 * @param reporting true if its last window arrived in time
 * @param lastAnswer time of its last answer; null before the first
 * @param lastWindow end of the last window read; null before the first
 * @param problem reason why it does not report; null if it does
 * @param clockSkewMillis how far its clock is ahead of ours
 */
public record AgentHealth(
    String agent,
    String address,
    boolean reporting,
    @Nullable Instant lastAnswer,
    @Nullable Instant lastWindow,
    @Nullable String problem,
    long clockSkewMillis) {

  private static final Comparator<AgentHealth> BEST_LAST =
      Comparator.comparing(AgentHealth::reporting)
          .thenComparing(
              AgentHealth::lastAnswer, Comparator.nullsFirst(Comparator.<Instant>naturalOrder()));

  /**
   * One for each name: of several addresses the one that reports, or else that answered last. A
   * probe that has moved is known at its old address, too, until it is listed there no more.
   */
  public static List<AgentHealth> ofNames(Collection<AgentHealth> agents) {
    Map<String, AgentHealth> best = new LinkedHashMap<>();
    for (AgentHealth agent : agents) {
      best.merge(agent.agent(), agent, BinaryOperator.maxBy(BEST_LAST));
    }
    return List.copyOf(best.values());
  }
}
