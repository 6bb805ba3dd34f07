package io.llamamesh.scraper.pull;

import java.net.InetAddress;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What of posted pages goes on to matrix and store: of no more series than an agent may have, for
 * each address that posts. Bounded: of very many addresses the one that was quiet longest is
 * forgotten, and may have as many again. Thread-safe.
 */
final class PostedAdmission {
  /** In a rollout thousands drain, each but once. */
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

  /** The page without points of more series than one address may post. */
  Page admit(InetAddress source, Page page) {
    return of(source).admit(page);
  }

  private synchronized PageAdmission of(InetAddress source) {
    return sources.computeIfAbsent(source, k -> new PageAdmission(counters, clock));
  }
}
