package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.llamamesh.operator.status.AgentsReadiness;
import io.llamamesh.operator.status.NameList;
import io.llamamesh.operator.status.Obstacle;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Replacement of agents whose node's address changed: never more at once than {@code
 * agent.maxUnavailable} allows to be away, no pod twice, and on a node whose new pods keep coming
 * up with the old address less and less often.
 *
 * <p>Deletes nothing itself. One per mesh, for one thread at a time.
 */
final class AgentReplacement {
  /** Reason of the condition. */
  static final String REASON = "AddressChanged";

  private static final Duration RETRY_INITIAL = Duration.ofMinutes(1);
  private static final int MOST_DOUBLINGS = 4;
  private static final Duration FORGET = Duration.ofHours(1);
  private static final int NAMED = 5;

  /** By node. */
  private final Map<String, Attempt> attempts = new HashMap<>();

  private @Nullable Instant failed;
  private String failure = "";

  private record Attempt(String uid, Instant at, int count) {
    Instant next() {
      return at.plus(RETRY_INITIAL.multipliedBy(1L << Math.min(count - 1, MOST_DOUBLINGS)));
    }
  }

  /**
   * The agents whose pods are to be deleted now; {@link #recordDeletion} is to be called for each
   * that was.
   *
   * @param changes all that there are
   * @param agents the agents, without what is known of these changes
   * @param maxUnavailable how many may be away at once, a number or a share of those expected
   */
  List<AddressChange> due(
      List<AddressChange> changes,
      AgentsReadiness agents,
      IntOrString maxUnavailable,
      Instant now) {
    if (failed != null && now.isBefore(failed.plus(RETRY_INITIAL))) {
      return List.of();
    }
    attempts.values().removeIf(attempt -> now.isAfter(attempt.at().plus(FORGET)));
    // A pod that was just deleted looks ready until the watch has an event of it.
    long leaving = changes.stream().filter(c -> c.ready() && isDeleted(c)).count();
    long free = allowed(maxUnavailable, agents.expected()) - agents.missing().size() - leaving;
    List<AddressChange> due = new ArrayList<>();
    for (AddressChange change :
        changes.stream().sorted(Comparator.comparing(AddressChange::ready)).toList()) {
      Attempt last = attempts.get(change.node());
      if (last != null && (isDeleted(change) || now.isBefore(last.next()))) {
        continue;
      }
      // Who is not ready is away already.
      if (!change.ready()) {
        due.add(change);
      } else if (free > 0) {
        free--;
        due.add(change);
      }
    }
    return due;
  }

  /** Takes note of a pod that could not be deleted: nothing is tried for a while. */
  void recordFailure(String why, Instant now) {
    failed = now;
    failure = why;
  }

  /** Takes note of a pod that was deleted. */
  void recordDeletion(AddressChange change, Instant now) {
    failed = null;
    attempts.merge(
        change.node(),
        new Attempt(change.uid(), now, 1),
        (last, first) -> new Attempt(change.uid(), now, last.count() + 1));
  }

  /** The same agents with what is wrong with their addresses, unless something worse is. */
  AgentsReadiness explain(AgentsReadiness agents, List<AddressChange> changes, boolean paused) {
    if (changes.isEmpty() || agents.obstacle() != null) {
      return agents;
    }
    List<String> nodes = changes.stream().map(AddressChange::node).toList();
    AddressChange first = changes.getFirst();
    return agents.withObstacle(
        new Obstacle(
            REASON,
            (nodes.size() == 1 ? "" : named(nodes) + ": ")
                + first.node()
                + " has address "
                + first.to()
                + " now and its agent still "
                + first.from()
                + "; "
                + remedy(first, paused)));
  }

  private static String named(List<String> nodes) {
    return NameList.abbreviated(nodes, NAMED);
  }

  private String remedy(AddressChange change, boolean paused) {
    Attempt last = attempts.get(change.node());
    if (paused) {
      return "spec.paused keeps its pod from being replaced";
    }
    if (failed != null) {
      return "its pod cannot be deleted: " + failure;
    }
    if (last == null || isDeleted(change)) {
      return "pod " + change.pod() + " is replaced, as many at once as agent.maxUnavailable allows";
    }
    return "pod "
        + change.pod()
        + " is new and got the old address: the node's kubelet does not know of the new one;"
        + " replaced again after "
        + last.next().truncatedTo(ChronoUnit.SECONDS);
  }

  private boolean isDeleted(AddressChange change) {
    Attempt last = attempts.get(change.node());
    return last != null && last.uid().equals(change.uid());
  }

  /** As the DaemonSet's controller counts: a share is rounded up, and one is the least. */
  static long allowed(IntOrString maxUnavailable, int expected) {
    Integer number = maxUnavailable.getIntVal();
    if (number != null) {
      return Math.max(1, number);
    }
    String text = String.valueOf(maxUnavailable.getStrVal()).strip();
    try {
      return text.endsWith("%")
          ? Math.max(
              1,
              (long)
                  Math.ceil(
                      expected * Integer.parseInt(text.substring(0, text.length() - 1)) / 100.0))
          : Math.max(1, Integer.parseInt(text));
    } catch (NumberFormatException e) {
      return 1;
    }
  }
}
