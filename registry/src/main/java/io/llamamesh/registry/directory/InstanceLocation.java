package io.llamamesh.registry.directory;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The place that an instance registers from. One that moves is at its new place at once. One that
 * then registers from a place that it has left stays where it is, as long as it also registers from
 * there: its address would change with every registration, and with it everybody's config.
 * Unmodifiable.
 *
 * @param here the place where it is
 * @param hereNanos when it last registered from there
 * @param left places that it left, and when; bounded
 * @param isContested whether it registered from one of those since
 */
record InstanceLocation(String here, long hereNanos, Map<String, Long> left, boolean isContested) {
  /** Three times what a probe lets pass between two registrations. */
  private static final long GONE_NANOS = 90_000_000_000L;

  private static final double NANOS = 1e9;
  private static final int MAX_LEFT = 8;

  InstanceLocation {
    left = Map.copyOf(left);
  }

  static InstanceLocation of(String here, long nanos) {
    return new InstanceLocation(here, nanos, Map.of(), false);
  }

  /** After a registration from a place, which is where it is from now on. */
  InstanceLocation movedTo(String place, long nanos, double keepaliveSeconds) {
    if (place.equals(here)) {
      return new InstanceLocation(here, nanos, left, isContested);
    }
    Map<String, Long> places = new LinkedHashMap<>(left);
    places.values().removeIf(since -> isOver(since, nanos, keepaliveSeconds));
    places.remove(place);
    places.put(here, nanos);
    while (places.size() > MAX_LEFT) {
      places.remove(Collections.min(places.entrySet(), Map.Entry.comparingByValue()).getKey());
    }
    return new InstanceLocation(place, nanos, places, false);
  }

  /** True when it stays where it is though it registers from that place. */
  boolean shouldStayDespite(String place, long nanos, double keepaliveSeconds) {
    if (place.equals(here) || nanos - hereNanos > GONE_NANOS) {
      return false;
    }
    Long since = left.get(place);
    return since == null ? left.size() >= MAX_LEFT : !isOver(since, nanos, keepaliveSeconds);
  }

  private static boolean isOver(long since, long nanos, double keepaliveSeconds) {
    return nanos - since > keepaliveSeconds * NANOS;
  }

  /** After a registration from a place where it is not held to be. */
  InstanceLocation contested(String place, long nanos) {
    Map<String, Long> places = new LinkedHashMap<>(left);
    if (places.size() < MAX_LEFT) {
      places.put(place, nanos);
    } else {
      places.replace(place, nanos);
    }
    return new InstanceLocation(here, hereNanos, places, true);
  }
}
