package io.llamamesh.operator.plan;

import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Limits of what registered probes may do in a plan, and what had no room in it.
 *
 * @param reserved names that no registered probe may take: those of all nodes, in order
 * @param unreserved how many further nodes' names there are, for which a ConfigMap has no room
 * @param withoutRoom registered probes that some node does not probe, since its config is full
 */
public record OutsideLimits(List<String> reserved, int unreserved, SortedSet<String> withoutRoom) {
  public OutsideLimits {
    reserved = List.copyOf(reserved);
    withoutRoom = Collections.unmodifiableSortedSet(new TreeSet<>(withoutRoom));
  }
}
