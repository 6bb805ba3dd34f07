package io.llamamesh.agent.collector;

import io.llamamesh.agent.wire.LegacyProbe;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Plan of a collector: pairs to probe, with all names resolved, and windows.
 *
 * @param intervalNanos window length; windows align to multiples of it since the epoch
 * @param retentionNanos how long closed windows are kept
 * @param pairs reflectors in their classes; no two with the same class and target
 * @param agentless hosts without a reflector in their classes; likewise of each method
 */
public record ProbePlan(
    long intervalNanos, long retentionNanos, List<Pair> pairs, List<AgentlessPair> agentless) {

  private static final long SECOND = 1_000_000_000L;

  /** A plan without pairs. */
  public static final ProbePlan IDLE = new ProbePlan(10 * SECOND, 3600 * SECOND, List.of());

  /** A plan of reflectors alone. */
  public ProbePlan(long intervalNanos, long retentionNanos, List<Pair> pairs) {
    this(intervalNanos, retentionNanos, pairs, List.of());
  }

  /** Returns whether it names nobody to probe. */
  boolean isIdle() {
    return pairs.isEmpty() && agentless.isEmpty();
  }

  /** Number of targets in their classes. */
  public int size() {
    return pairs.size() + agentless.size();
  }

  /** The same windows without pairs. */
  ProbePlan withoutPairs() {
    return new ProbePlan(intervalNanos, retentionNanos, List.of());
  }

  /** The longest timeout of its classes, in nanoseconds; 0 without any. */
  long longestTimeout() {
    return Stream.concat(
            pairs.stream().map(Pair::trafficClass),
            agentless.stream().map(AgentlessPair::trafficClass))
        .mapToLong(TrafficClass::timeoutNanos)
        .max()
        .orElse(0);
  }

  public ProbePlan {
    if (intervalNanos < SECOND) {
      throw new IllegalArgumentException(
          "interval must be at least 1 s, was " + intervalNanos + " ns");
    }
    if (retentionNanos < 0) {
      throw new IllegalArgumentException("retention must not be negative: " + retentionNanos);
    }
    pairs = List.copyOf(pairs);
    agentless = List.copyOf(agentless);
  }

  /** Way to probe a host without a reflector. */
  public enum Method {
    ICMP,
    TCP
  }

  /**
   * One host without a reflector in one traffic class.
   *
   * @param target resolved; port 0 for {@link Method#ICMP}
   * @param periodNanos time between two probes
   * @param tags tags of its points
   */
  public record AgentlessPair(
      Method method,
      TrafficClass trafficClass,
      InetSocketAddress target,
      long periodNanos,
      Map<String, String> tags) {
    /** Shortest period: these hosts answer on the side, and many limit how often. */
    public static final long LEAST_PERIOD_NANOS = SECOND / 10;

    public AgentlessPair {
      if (target.isUnresolved()) {
        throw new IllegalArgumentException("target is not resolved: " + target);
      }
      if (periodNanos < LEAST_PERIOD_NANOS) {
        throw new IllegalArgumentException(
            "period must be at least 100 ms, was " + periodNanos + " ns");
      }
      tags = Map.copyOf(tags);
    }
  }

  /**
   * A traffic class: DSCP, length and timeout of its probes, and its first source port.
   *
   * @param tos the whole ToS or traffic class byte
   * @param basePort source port of flow 0, flow i has basePort + i; 0 for any free ones
   * @param timeoutNanos a probe is answered in this time or lost
   * @param datagramBytes length of its probes; {@value io.llamamesh.agent.wire.LegacyProbe#BYTES}
   *     for those of the Python LLAMA
   * @param local address that its probes leave from; null for the collector's
   */
  public record TrafficClass(
      String name,
      int tos,
      int basePort,
      long timeoutNanos,
      int datagramBytes,
      @Nullable InetAddress local) {
    /** A class whose probes leave from the collector's address. */
    public TrafficClass(String name, int tos, int basePort, long timeoutNanos, int datagramBytes) {
      this(name, tos, basePort, timeoutNanos, datagramBytes, null);
    }

    public TrafficClass {
      Objects.requireNonNull(name, "name");
      if (tos < 0 || tos > 255) {
        throw new IllegalArgumentException("tos must be from 0 to 255, was " + tos);
      }
      if (basePort < 0 || basePort > 65535) {
        throw new IllegalArgumentException("basePort must be from 0 to 65535, was " + basePort);
      }
      if (timeoutNanos < 1) {
        throw new IllegalArgumentException("timeout must be positive, was " + timeoutNanos + " ns");
      }
    }

    /** The same class towards reflectors of the Python LLAMA. */
    public TrafficClass asLegacy() {
      return new TrafficClass(name, tos, basePort, timeoutNanos, LegacyProbe.BYTES, local);
    }

    /** Returns whether its probes are those of the Python LLAMA; ours are never as short. */
    boolean isLegacy() {
      return datagramBytes == LegacyProbe.BYTES;
    }
  }

  /**
   * One target in one traffic class.
   *
   * @param target the reflector, resolved
   * @param sourcePorts how many flows
   * @param periodNanos time between two probes of one flow
   * @param keyed its probes are signed and their replies must be, where there are keys
   * @param tags tags of its points
   * @param name name under which there may be keys of the pair; null where there are none
   */
  public record Pair(
      TrafficClass trafficClass,
      InetSocketAddress target,
      int sourcePorts,
      long periodNanos,
      boolean keyed,
      Map<String, String> tags,
      @Nullable String name) {
    /** A target without a name. */
    public Pair(
        TrafficClass trafficClass,
        InetSocketAddress target,
        int sourcePorts,
        long periodNanos,
        boolean keyed,
        Map<String, String> tags) {
      this(trafficClass, target, sourcePorts, periodNanos, keyed, tags, null);
    }

    public Pair {
      if (target.isUnresolved()) {
        throw new IllegalArgumentException("target is not resolved: " + target);
      }
      if (sourcePorts < 1 || sourcePorts > 1024) {
        throw new IllegalArgumentException(
            "sourcePorts must be from 1 to 1024, was " + sourcePorts);
      }
      if (periodNanos < 100_000) {
        throw new IllegalArgumentException(
            "period must be at least 100 µs, was " + periodNanos + " ns");
      }
      tags = Map.copyOf(tags);
    }
  }
}
