package io.llamamesh.operator.reconcile;

import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.operator.resources.EventWriter;
import io.llamamesh.operator.resources.Owner;
import io.llamamesh.operator.status.AgentsState;
import io.llamamesh.operator.status.Obstacle;
import io.llamamesh.operator.status.ScraperState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why pods do not come up where their own status does not tell: Pod Security refusing them, and
 * Secrets that are not there, show in Events only. Asked at most every ten seconds, and only while
 * pods are missing.
 *
 * <p>One per mesh, for one thread at a time.
 */
final class PodTrouble {
  private static final Duration ASK_EVERY = Duration.ofSeconds(10);

  private @Nullable Instant asked;
  private @Nullable Obstacle agents;
  private @Nullable Obstacle scraper;

  AgentsState explain(AgentsState state) {
    return state.missing().isEmpty() || agents == null
        ? state
        : new AgentsState(state.expected(), state.ready(), state.missing(), state.hint(), agents);
  }

  ScraperState explain(ScraperState state) {
    return state.ready() >= state.wanted() || state.obstacle() != null || scraper == null
        ? state
        : new ScraperState(state.wanted(), state.ready(), scraper);
  }

  /** Looks for reasons; forgets them once nothing is missing. */
  void look(
      Owner owner,
      AgentsState agentsState,
      ScraperState scraperState,
      List<PodFacts> pods,
      EventWriter events,
      Instant now) {
    if (asked != null && now.isBefore(asked.plus(ASK_EVERY))) {
      return;
    }
    asked = now;
    long agentPods = pods.stream().filter(pod -> pod.isA(Component.AGENT)).count();
    agents =
        agentsState.missing().isEmpty() || agentPods >= agentsState.expected()
            ? null
            : forbidden(owner, events);
    scraper = scraperState.ready() >= scraperState.wanted() ? null : unmounted(owner, pods, events);
  }

  private static @Nullable Obstacle forbidden(Owner owner, EventWriter events) {
    for (String message :
        events
            .read(owner.namespace(), "DaemonSet", Names.agent(owner.name()), "FailedCreate")
            .reversed()) {
      if (message.contains("PodSecurity") || message.contains("forbidden")) {
        return new Obstacle(
            "PodsForbidden",
            "the agents' pods are refused; agents need the host's network: label the namespace"
                + " pod-security.kubernetes.io/enforce=privileged. The server says: "
                + message);
      }
    }
    return null;
  }

  private static @Nullable Obstacle unmounted(
      Owner owner, List<PodFacts> pods, EventWriter events) {
    for (PodFacts pod : pods) {
      if (pod.isA(Component.SCRAPER) && !pod.ready() && !pod.terminating()) {
        for (String message :
            events.read(owner.namespace(), "Pod", pod.name(), "FailedMount").reversed()) {
          return new Obstacle(
              message.contains("secret") && message.contains("not found")
                  ? "SecretNotFound"
                  : "FailedMount",
              "pod " + pod.name() + ": " + message);
        }
      }
    }
    return null;
  }
}
