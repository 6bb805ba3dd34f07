package io.llamamesh.operator.keys;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * A limit of each source's refused requests in a minute: each costs the API server a review. An
 * IPv6 source is its /64. Bounded: of very many sources the one that was quiet longest is
 * forgotten. Thread-safe.
 */
final class FailureLimiter {
  static final int MAX_SOURCES = 4_096;
  static final int MOST_A_MINUTE = 30;
  private static final long MINUTE_NANOS = 60_000_000_000L;
  private static final int PREFIX_BYTES = 8;

  private final LongSupplier nanos;
  private final Map<InetAddress, Failures> sources =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Failures> eldest) {
          return size() > MAX_SOURCES;
        }
      };

  private static final class Failures {
    private long since;
    private int count;
  }

  FailureLimiter(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** True when a source has had its refusals for this minute. */
  synchronized boolean isExhausted(InetAddress source) {
    Failures known = sources.get(network(source));
    return known != null
        && known.count >= MOST_A_MINUTE
        && nanos.getAsLong() - known.since < MINUTE_NANOS;
  }

  /** Counts a refusal; true when it is the source's first of a minute, which is to be logged. */
  synchronized boolean recordFailure(InetAddress source) {
    Failures known = sources.computeIfAbsent(network(source), key -> new Failures());
    long now = nanos.getAsLong();
    if (known.count == 0 || now - known.since >= MINUTE_NANOS) {
      known.since = now;
      known.count = 0;
    }
    return ++known.count == 1;
  }

  private static InetAddress network(InetAddress source) {
    if (!(source instanceof Inet6Address)) {
      return source;
    }
    byte[] bytes = source.getAddress();
    Arrays.fill(bytes, PREFIX_BYTES, bytes.length, (byte) 0);
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("16 bytes are an address", e);
    }
  }
}
