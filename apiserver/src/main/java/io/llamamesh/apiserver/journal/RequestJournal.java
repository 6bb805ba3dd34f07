package io.llamamesh.apiserver.journal;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;

/**
 * How often which client used which verb on which resource, so that a test can say "reconciled
 * again, and wrote nothing". A request counts when it arrives, whatever its outcome. Any thread may
 * call anything.
 */
public final class RequestJournal {
  /** Beyond so many different requests the rest counts as one, {@link #OTHERS}. */
  private static final int LIMIT = 10_000;

  /** Where requests are counted once the journal is full. */
  public static final Request OTHERS = new Request("others", "others", "others");

  private static final Set<String> READING = Set.of("get", "list", "watch");

  private final Map<Request, LongAdder> counts = new ConcurrentHashMap<>();

  /**
   * A kind of request.
   *
   * @param identity the bearer token, or without one the User-Agent's product
   * @param verb as in RBAC: get, list, watch, create, update, patch, delete, deletecollection
   * @param resource as in RBAC, with its group: {@code configmaps}, {@code daemonsets.apps}, {@code
   *     llamameshes.llamamesh.io/status}
   */
  public record Request(String identity, String verb, String resource)
      implements Comparable<Request> {
    /** Whether the verb writes. */
    public boolean writes() {
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

  /** How many requests of a kind there were. */
  public long count(Predicate<Request> which) {
    return counts.entrySet().stream()
        .filter(e -> which.test(e.getKey()))
        .mapToLong(e -> e.getValue().sum())
        .sum();
  }

  /** How many requests of a client had a writing verb. */
  public long writes(String identity) {
    return count(r -> r.identity().equals(identity) && r.writes());
  }

  /** The verbs that a client used on a resource. */
  public Set<String> verbs(String identity, String resource) {
    Set<String> verbs = new TreeSet<>();
    for (Request request : counts.keySet()) {
      if (request.identity().equals(identity) && request.resource().equals(resource)) {
        verbs.add(request.verb());
      }
    }
    return verbs;
  }

  /** Forgets everything. */
  public void reset() {
    counts.clear();
  }
}
