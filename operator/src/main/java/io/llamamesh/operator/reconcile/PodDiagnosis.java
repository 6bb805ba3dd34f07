package io.llamamesh.operator.reconcile;

import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.operator.resources.EventLog;
import io.llamamesh.operator.resources.ObjectEvent;
import io.llamamesh.operator.resources.Owner;
import io.llamamesh.operator.status.AgentsReadiness;
import io.llamamesh.operator.status.ImagePullRemedy;
import io.llamamesh.operator.status.Obstacle;
import io.llamamesh.operator.status.PodAdmissionRemedy;
import io.llamamesh.operator.status.ScraperReadiness;
import io.llamamesh.operator.status.Workload;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Diagnosis of pods that do not come up. Where their own status does not say why, Events do: pods
 * that the platform refuses are not there at all, and a Secret that is missing shows nowhere else.
 *
 * <p>Events are read at most every ten seconds, and only while pods are missing. One per mesh, for
 * one thread at a time.
 */
final class PodDiagnosis {
  private static final Duration ASK_EVERY = Duration.ofSeconds(10);

  private @Nullable Instant asked;
  private @Nullable ObjectEvent agentRefused;
  private @Nullable ObjectEvent scraperRefused;
  private @Nullable Obstacle unmounted;
  private @Nullable String agentPullSecret;
  private @Nullable String scraperPullSecret;

  /** Reads Events where it is time and something is missing; forgets those of what is not. */
  void refresh(
      Owner owner,
      AgentsReadiness agents,
      ScraperReadiness scraper,
      List<PodFacts> pods,
      EventLog events,
      Instant now) {
    if (asked != null && now.isBefore(asked.plus(ASK_EVERY))) {
      return;
    }
    asked = now;
    String namespace = owner.namespace();
    agentRefused =
        lacksPods(agents, pods)
            ? latest(events.read(namespace, "DaemonSet", Names.agent(owner.name()), "FailedCreate"))
            : null;
    scraperRefused =
        lacksPods(scraper, pods)
            ? latest(
                events.read(namespace, "ReplicaSet", null, "FailedCreate").stream()
                    .filter(event -> isReplicaSetOf(Names.scraper(owner.name()), event.object()))
                    .toList())
            : null;
    unmounted = scraper.isComplete() ? null : unmounted(namespace, pods, events);
    agentPullSecret =
        agents.missing().isEmpty() ? null : pullSecret(namespace, Component.AGENT, pods, events);
    scraperPullSecret =
        scraper.isComplete() ? null : pullSecret(namespace, Component.SCRAPER, pods, events);
  }

  /** The same with what keeps the missing agents from coming up. */
  AgentsReadiness explain(Owner owner, AgentsReadiness state, List<PodFacts> pods) {
    if (state.missing().isEmpty()) {
      return state;
    }
    ObjectEvent refused = agentRefused;
    if (refused != null && lacksPods(state, pods) && isNewer(refused, Component.AGENT, pods)) {
      return state.withObstacle(
          PodAdmissionRemedy.of(refused.message(), workload(owner, Component.AGENT)));
    }
    List<PodFacts> unpulled = unpulled(Component.AGENT, pods);
    return unpulled.isEmpty() ? state : state.withObstacle(pull(unpulled, agentPullSecret));
  }

  /** The same with what keeps the missing scrapers, or those of a new template, from coming up. */
  ScraperReadiness explain(Owner owner, ScraperReadiness state, List<PodFacts> pods) {
    if (state.isComplete()) {
      return state;
    }
    ObjectEvent refused = scraperRefused;
    if (refused != null && lacksPods(state, pods) && isNewer(refused, Component.SCRAPER, pods)) {
      return state.withObstacle(
          PodAdmissionRemedy.of(refused.message(), workload(owner, Component.SCRAPER)));
    }
    List<PodFacts> unpulled = unpulled(Component.SCRAPER, pods);
    if (!unpulled.isEmpty()) {
      return state.withObstacle(pull(unpulled, scraperPullSecret));
    }
    return state.obstacle() != null || unmounted == null ? state : state.withObstacle(unmounted);
  }

  private static Workload workload(Owner owner, Component component) {
    return new Workload(owner.namespace(), owner.name(), component);
  }

  /** Whether some Ready node without a ready agent has no pod of one either. */
  private static boolean lacksPods(AgentsReadiness agents, List<PodFacts> pods) {
    List<PodFacts> all = of(Component.AGENT, pods);
    Set<String> placed =
        all.stream().flatMap(pod -> Stream.ofNullable(pod.node())).collect(Collectors.toSet());
    long bare = agents.missing().stream().filter(node -> !placed.contains(node)).count();
    long pending = all.stream().filter(pod -> pod.node() == null).count();
    return bare > pending;
  }

  /** Whether some scraper has no pod; a rollout begins with one more than are wanted. */
  private static boolean lacksPods(ScraperReadiness scraper, List<PodFacts> pods) {
    int due = scraper.wanted() + (scraper.older() > 0 ? 1 : 0);
    return !scraper.isComplete() && of(Component.SCRAPER, pods).size() < due;
  }

  private static List<PodFacts> of(Component component, List<PodFacts> pods) {
    return pods.stream().filter(pod -> pod.hasComponent(component) && pod.isAlive()).toList();
  }

  /**
   * Whether no pod was made since: a refusal is over with the first one. Events live for an hour.
   */
  private static boolean isNewer(ObjectEvent event, Component component, List<PodFacts> pods) {
    return pods.stream()
        .filter(pod -> pod.hasComponent(component))
        .map(PodDiagnosis::created)
        .noneMatch(created -> created.isAfter(event.at()));
  }

  private static Instant created(PodFacts pod) {
    try {
      return Instant.parse(pod.created());
    } catch (DateTimeException e) {
      return Instant.EPOCH;
    }
  }

  private static @Nullable ObjectEvent latest(List<ObjectEvent> events) {
    return events.stream().max(Comparator.comparing(ObjectEvent::at)).orElse(null);
  }

  /** A Deployment's ReplicaSets have its name and a hash without a dash. */
  private static boolean isReplicaSetOf(String deployment, String name) {
    return name.startsWith(deployment + "-") && name.indexOf('-', deployment.length() + 1) < 0;
  }

  private static List<PodFacts> unpulled(Component component, List<PodFacts> pods) {
    return of(component, pods).stream()
        .filter(pod -> !pod.isReady() && ImagePullRemedy.isImagePull(pod.waitingReason()))
        .sorted(Comparator.comparing(PodFacts::name))
        .toList();
  }

  private static Obstacle pull(List<PodFacts> unpulled, @Nullable String secret) {
    PodFacts first = unpulled.getFirst();
    String where =
        "pod "
            + first.name()
            + (first.node() == null ? "" : " on " + first.node())
            + (unpulled.size() == 1 ? "" : " (and " + (unpulled.size() - 1) + " more)");
    return ImagePullRemedy.of(first.waitingReason(), first.waitingMessage(), where, secret);
  }

  private static @Nullable String pullSecret(
      String namespace, Component component, List<PodFacts> pods, EventLog events) {
    List<PodFacts> unpulled = unpulled(component, pods);
    if (unpulled.isEmpty()) {
      return null;
    }
    ObjectEvent event =
        latest(
            events.read(
                namespace, "Pod", unpulled.getFirst().name(), "FailedToRetrieveImagePullSecret"));
    return event == null ? null : event.message();
  }

  private static @Nullable Obstacle unmounted(
      String namespace, List<PodFacts> pods, EventLog events) {
    for (PodFacts pod : of(Component.SCRAPER, pods)) {
      ObjectEvent event =
          pod.isReady() ? null : latest(events.read(namespace, "Pod", pod.name(), "FailedMount"));
      if (event != null) {
        boolean secret =
            event.message().contains("secret") && event.message().contains("not found");
        return new Obstacle(
            secret ? "SecretNotFound" : "FailedMount",
            "pod " + pod.name() + ": " + event.message());
      }
    }
    return null;
  }
}
