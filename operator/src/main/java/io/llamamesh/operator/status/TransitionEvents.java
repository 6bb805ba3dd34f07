package io.llamamesh.operator.status;

import io.fabric8.kubernetes.api.model.Condition;
import io.llamamesh.crd.LlamaMeshStatus;
import io.llamamesh.crd.LlamaMeshStatus.SuspectStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Events of a status's transitions: a spec accepted or refused, a name given twice, the network or
 * the store lost or back. What is unknown in between makes no Event.
 *
 * <p>At most ten at once and two a minute in the long run. One per mesh, for one thread at a time.
 */
public final class TransitionEvents {
  private static final int BURST = 10;
  private static final int RESERVE = 4;
  private static final Duration REFILL = Duration.ofSeconds(30);

  private final Map<String, String> announced = new HashMap<>();
  private String duplicates = "";
  private double budget = BURST;
  private @Nullable Instant refilled;

  /**
   * Events of the transition to a new status.
   *
   * @param before the status that was there, or null: what it says needs no saying again
   * @param next the new one
   */
  public List<TransitionEvent> next(
      @Nullable LlamaMeshStatus before, LlamaMeshStatus next, Instant now) {
    if (before != null && before.conditions() != null) {
      before.conditions().stream()
          .filter(c -> !"Unknown".equals(c.getStatus()))
          .forEach(c -> announced.putIfAbsent(c.getType(), transition(c, before)));
      before.conditions().stream()
          .filter(c -> MeshConditions.DUPLICATE_NAME.equals(c.getReason()) && duplicates.isEmpty())
          .forEach(c -> duplicates = c.getMessage());
    }
    List<TransitionEvent> found = new ArrayList<>();
    for (Condition c : next.conditions() == null ? List.<Condition>of() : next.conditions()) {
      TransitionEvent event =
          c.getType().equals(ConditionTypes.CONFIGS_READY)
              ? duplicateName(c)
              : event(c, next, announced.get(c.getType()));
      // Who keeps being suspected anew shall not use up what other news need.
      boolean again =
          !isTrue(c) && announced.getOrDefault(c.getType(), "").startsWith(c.getStatus() + " ");
      if (event != null && !tryAcquire(now, again ? RESERVE : 0)) {
        // Not said, so it is still news with the next status.
        continue;
      }
      if (!"Unknown".equals(c.getStatus())) {
        announced.put(c.getType(), transition(c, next));
      }
      if (event != null) {
        found.add(event);
      }
    }
    return found;
  }

  /** Said again only when other names are meant. */
  private @Nullable TransitionEvent duplicateName(Condition c) {
    String last = duplicates;
    if (!"True".equals(c.getStatus())) {
      return null;
    }
    duplicates = MeshConditions.DUPLICATE_NAME.equals(c.getReason()) ? c.getMessage() : "";
    return duplicates.isEmpty() || duplicates.equals(last)
        ? null
        : new TransitionEvent(true, MeshConditions.DUPLICATE_NAME, duplicates);
  }

  private static @Nullable TransitionEvent event(
      Condition c, LlamaMeshStatus status, @Nullable String last) {
    if (transition(c, status).equals(last) || "Unknown".equals(c.getStatus())) {
      return null;
    }
    boolean good = isTrue(c);
    return switch (c.getType()) {
      case ConditionTypes.ACCEPTED ->
          good
              ? new TransitionEvent(false, "Accepted", "the spec is accepted")
              : new TransitionEvent(true, c.getReason(), c.getMessage());
      // The first good news is no news.
      case ConditionTypes.NETWORK_HEALTHY ->
          good
              ? last == null
                  ? null
                  : new TransitionEvent(false, "NetworkHealthy", "the network is healthy again")
              : new TransitionEvent(true, "NetworkUnhealthy", describe(c, status));
      case ConditionTypes.STORE_REACHABLE ->
          good
              ? last == null
                  ? null
                  : new TransitionEvent(false, "StoreReachable", "the store acknowledges again")
              : new TransitionEvent(true, "StoreUnreachable", c.getMessage());
      default -> null;
    };
  }

  /**
   * Key of a condition's transition: its status, and of a network in trouble what it is and who is
   * suspected. The first windows of a fault may show one pair of what is a whole node.
   */
  private static String transition(Condition c, LlamaMeshStatus status) {
    boolean trouble =
        c.getType().equals(ConditionTypes.NETWORK_HEALTHY) && "False".equals(c.getStatus());
    return trouble ? c.getStatus() + " " + c.getReason() + suspect(status) : c.getStatus();
  }

  private static String suspect(LlamaMeshStatus status) {
    List<SuspectStatus> suspects = status.suspects();
    if (suspects == null || suspects.isEmpty()) {
      return "";
    }
    SuspectStatus top = suspects.getFirst();
    String direction = top.direction() == null ? "" : " " + top.direction();
    return " " + top.kind() + " " + top.name() + direction;
  }

  private static String describe(Condition c, LlamaMeshStatus status) {
    String note = c.getReason() + ": " + c.getMessage();
    List<SuspectStatus> suspects = status.suspects();
    if (suspects == null || suspects.isEmpty()) {
      return note;
    }
    SuspectStatus top = suspects.getFirst();
    return note
        + " (top suspect:"
        + suspect(status)
        + ", "
        + top.explains()
        + " of "
        + top.of()
        + " pairs)";
  }

  private static boolean isTrue(Condition c) {
    return "True".equals(c.getStatus());
  }

  private boolean tryAcquire(Instant now, int reserve) {
    if (refilled != null) {
      double earned = (double) Duration.between(refilled, now).toMillis() / REFILL.toMillis();
      budget = Math.min(BURST, budget + Math.max(0, earned));
    }
    refilled = now;
    if (budget < 1 + reserve) {
      return false;
    }
    budget--;
    return true;
  }
}
