package io.llamamesh.registry.http;

import io.llamamesh.registry.directory.IpAddresses;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * A limit of each source's requests: a bucket of a minute's worth that fills steadily. An IPv6
 * source is its /64. Bounded: of very many sources the one that was quiet longest is forgotten.
 * Thread-safe.
 */
final class ClientRateLimiter {
  private static final int MAX_SOURCES = 4_096;
  private static final double NANOS_PER_MINUTE = 60e9;
  private static final long TELL_AGAIN_NANOS = 3_600_000_000_000L;

  /** A wrong token costs more than a good request: guesses are slow. */
  static final int COST_OF_FAILURE = 20;

  private final double perMinute;
  private final LongSupplier nanos;
  private final Map<InetAddress, Bucket> buckets =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Bucket> eldest) {
          return size() > MAX_SOURCES;
        }
      };

  private static final class Bucket {
    private double left;
    private long at;
    private long toldSince;
    private final Set<String> told = new HashSet<>();
  }

  ClientRateLimiter(int perMinute, LongSupplier nanos) {
    this.perMinute = perMinute;
    this.nanos = nanos;
  }

  /**
   * Takes one from a source's bucket.
   *
   * @return seconds to wait where it is empty, else 0
   */
  synchronized int take(InetAddress source) {
    Bucket bucket = filled(source);
    if (bucket.left >= 1) {
      bucket.left--;
      return 0;
    }
    return (int) Math.ceil((1 - bucket.left) / perMinute * 60);
  }

  /** Takes what a wrong token costs. */
  synchronized void chargeFailure(InetAddress source) {
    Bucket bucket = filled(source);
    bucket.left = Math.max(-perMinute, bucket.left - COST_OF_FAILURE);
  }

  /** True once an hour for each reason for which a source is refused, however often it asks. */
  synchronized boolean shouldLog(InetAddress source, String reason) {
    Bucket bucket = filled(source);
    if (bucket.told.isEmpty() || bucket.at - bucket.toldSince >= TELL_AGAIN_NANOS) {
      bucket.told.clear();
      bucket.toldSince = bucket.at;
    }
    return bucket.told.add(reason);
  }

  private Bucket filled(InetAddress source) {
    long now = nanos.getAsLong();
    Bucket bucket =
        buckets.computeIfAbsent(
            IpAddresses.subscriber(source),
            key -> {
              Bucket fresh = new Bucket();
              fresh.left = perMinute;
              fresh.at = now;
              return fresh;
            });
    bucket.left =
        Math.min(perMinute, bucket.left + (now - bucket.at) / NANOS_PER_MINUTE * perMinute);
    bucket.at = now;
    return bucket;
  }
}
