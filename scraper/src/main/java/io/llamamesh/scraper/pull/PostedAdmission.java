package io.llamamesh.scraper.pull;

import java.net.InetAddress;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Admission control for posted pages: the quota of series of one agent for each sending address.
 * Bounded: of very many addresses the least recently used is evicted, and starts with a new quota.
 * Thread-safe.
 */
final class PostedAdmission {
  /** In a rollout thousands drain, each only once. */
  static final int MAX_SOURCES = 256;

  private final PullCounters counters;
  private final InstantSource clock;
  private final Map<InetAddress, PageAdmission> sources =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, PageAdmission> eldest) {
          return size() > MAX_SOURCES;
        }
      };

  PostedAdmission(PullCounters counters, InstantSource clock) {
    this.counters = counters;
    this.clock = clock;
  }

  /** The page without points beyond the address's quota of series. */
  Page admit(InetAddress source, Page page) {
    return of(source).admit(page);
  }

  private synchronized PageAdmission of(InetAddress source) {
    return sources.computeIfAbsent(
        source, k -> new PageAdmission(counters, clock, PointRights.ALL));
  }
}
