package io.llamamesh.apiserver.journal;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Requests counted by client, verb and resource. A request counts when it arrives, whatever its
 * outcome. Any thread may call anything.
 */
public final class RequestJournal {
  /** Beyond so many different requests the rest counts as one, {@link #OTHERS}. */
  private static final int LIMIT = 10_000;

  private static final Request OTHERS = new Request("others", "others", "others");

  private static final Set<String> READING = Set.of("get", "list", "watch");
  private final Map<Request, LongAdder> counts = new ConcurrentHashMap<>();

  /**
   * A kind of request.
   *
   * @param identity the bearer token, or without one the User-Agent's product
   * @param verb as in RBAC: get, list, watch, create, update, patch, delete
   * @param resource as in RBAC, with its group: {@code configmaps}, {@code daemonsets.apps}, {@code
   *     llamameshes.llamamesh.io/status}
   */
  public record Request(String identity, String verb, String resource)
      implements Comparable<Request> {
    /** True when the verb writes. */
    public boolean isWrite() {
      return !READING.contains(verb);
    }

    @Override
    public int compareTo(Request other) {
      int byIdentity = identity.compareTo(other.identity);
      int byResource = byIdentity != 0 ? byIdentity : resource.compareTo(other.resource);
      return byResource != 0 ? byResource : verb.compareTo(other.verb);
    }
  }

  /** Counts a request. */
  public void record(Request request) {
    LongAdder count = counts.get(request);
    if (count == null) {
      Request key = counts.size() < LIMIT ? request : OTHERS;
      count = counts.computeIfAbsent(key, k -> new LongAdder());
    }
    count.increment();
  }

  /** The counts now, ordered by identity, resource and verb. */
  public Map<Request, Long> counts() {
    Map<Request, Long> now = new TreeMap<>();
    counts.forEach((request, count) -> now.put(request, count.sum()));
    return now;
  }
}
