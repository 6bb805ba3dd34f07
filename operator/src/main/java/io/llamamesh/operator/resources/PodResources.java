package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import java.math.BigDecimal;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Requests and limits of our containers: the user's, entry by entry, over defaults. Without any, a
 * pod would be the first that a node under pressure evicts, just when its measurements are needed.
 *
 * @param requests the default requests
 * @param limits the default limits; no CPU, since throttling would be measured
 */
record PodResources(SortedMap<String, Quantity> requests, SortedMap<String, Quantity> limits) {
  /**
   * An agent's. Its volume for unread windows may hold 1 GiB; the rest of the ephemeral storage is
   * for its log.
   */
  static final PodResources AGENT =
      new PodResources(
          quantities("cpu", "20m", "ephemeral-storage", "64Mi", "memory", "128Mi"),
          quantities("ephemeral-storage", "1280Mi", "memory", "192Mi"));

  /** A scraper's; the memory limit is what its heap ships for, see {@link ScraperHeap}. */
  static final PodResources SCRAPER =
      new PodResources(
          quantities("cpu", "50m", "ephemeral-storage", "64Mi", "memory", "256Mi"),
          quantities("ephemeral-storage", "512Mi", "memory", "512Mi"));

  /** A registry's; its heap is 256 MiB at most. */
  static final PodResources REGISTRY =
      new PodResources(
          quantities("cpu", "20m", "ephemeral-storage", "64Mi", "memory", "128Mi"),
          quantities("ephemeral-storage", "512Mi", "memory", "384Mi"));

  private static SortedMap<String, Quantity> quantities(String... namesAndAmounts) {
    SortedMap<String, Quantity> quantities = new TreeMap<>();
    for (int i = 0; i < namesAndAmounts.length; i += 2) {
      quantities.put(namesAndAmounts[i], new Quantity(namesAndAmounts[i + 1]));
    }
    return Collections.unmodifiableSortedMap(quantities);
  }

  /**
   * The resources of a container. An entry that the user names replaces ours, and a default of ours
   * gives way where it would contradict that entry: the API server refuses a request above its
   * limit.
   *
   * @param given the user's; null: the defaults alone
   * @return null where the user's has no entry: nothing at all is asked for
   */
  @Nullable ResourceRequirements with(@Nullable ResourceRequirements given) {
    if (given == null) {
      return new ResourceRequirementsBuilder().withRequests(requests).withLimits(limits).build();
    }
    Map<String, Quantity> theirRequests = Objects.requireNonNullElse(given.getRequests(), Map.of());
    Map<String, Quantity> theirLimits = Objects.requireNonNullElse(given.getLimits(), Map.of());
    boolean claims = given.getClaims() != null && !given.getClaims().isEmpty();
    if (theirRequests.isEmpty() && theirLimits.isEmpty() && !claims) {
      return null;
    }
    Map<String, Quantity> merged = new TreeMap<>(requests);
    merged.replaceAll((name, ours) -> lesser(ours, theirLimits.get(name)));
    merged.putAll(theirRequests);
    Map<String, Quantity> bounds = new TreeMap<>(limits);
    bounds.replaceAll((name, ours) -> greater(ours, theirRequests.get(name)));
    bounds.putAll(theirLimits);
    bounds.values().removeIf(PodResources::isZero);
    return new ResourceRequirementsBuilder(given).withRequests(merged).withLimits(bounds).build();
  }

  private static Quantity lesser(Quantity ours, @Nullable Quantity limit) {
    return limit == null || isZero(limit) || !isLess(limit, ours) ? ours : limit;
  }

  private static Quantity greater(Quantity ours, @Nullable Quantity request) {
    return request == null || !isLess(ours, request) ? ours : request;
  }

  private static boolean isZero(Quantity quantity) {
    BigDecimal amount = amount(quantity);
    return amount != null && amount.signum() == 0;
  }

  private static boolean isLess(Quantity a, Quantity b) {
    BigDecimal left = amount(a);
    BigDecimal right = amount(b);
    return left != null && right != null && left.compareTo(right) < 0;
  }

  /** Null where that is no quantity: the API server refuses it and says what is wrong with it. */
  private static @Nullable BigDecimal amount(Quantity quantity) {
    try {
      return quantity.getNumericalAmount();
    } catch (IllegalArgumentException | ArithmeticException e) {
      return null;
    }
  }
}
