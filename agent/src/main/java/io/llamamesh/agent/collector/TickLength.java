package io.llamamesh.agent.collector;

import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Time between the collector's ticks: long, since a tick costs more than a probe, but so short that
 * probes leave one by one and that the replies of one tick fill no more than half of any receive
 * buffer as the kernel granted it. Where few probes are due, a tick is as long as some of them
 * take, but only where the kernel stamps arrivals: elsewhere the time of reading is their stamp.
 */
final class TickLength {

  /** Longest tick of all; a reply waits as long until it is read. */
  static final long LONGEST_NANOS = 40_000_000L;

  /** Longest tick where few probes do not make it longer. */
  static final long UNSTRETCHED_NANOS = 10_000_000L;

  static final long SHORTEST_NANOS = 1_000_000L;

  /** Probes per second from which on ticks are the shortest. */
  static final double FAST_RATE = 5000;

  /** Probes that a tick is stretched for; from 800 a second on there are as many in any case. */
  static final double PROBES_PER_TICK = 8;

  private static final double SECOND = 1e9;

  /** Linux's book-keeping beside the data: shared info, head room and headers; then the buffer. */
  private static final int BESIDE_DATA = 512;

  private static final int PER_BUFFER = 256;

  private TickLength() {}

  /**
   * Time between ticks in nanoseconds for these flows.
   *
   * @param hasKernelStamps whether reading late costs no accuracy
   */
  static long nanos(Iterable<Flow> flows, boolean hasKernelStamps) {
    double rate = 0;
    double length = LONGEST_NANOS;
    IdentityHashMap<SourcePort, Double> charges = new IdentityHashMap<>();
    for (Flow flow : flows) {
      ProbePlan.Pair plan = flow.pair().plan();
      double perSecond = SECOND / plan.periodNanos();
      rate += perSecond;
      // Two probes of a pair are not to leave in one tick.
      length = Math.min(length, (double) plan.periodNanos() / plan.sourcePorts());
      charges.merge(
          flow.source(), perSecond * charge(plan.trafficClass().datagramBytes()), Double::sum);
    }
    if (rate >= FAST_RATE) {
      return SHORTEST_NANOS;
    }
    for (Map.Entry<SourcePort, Double> port : charges.entrySet()) {
      int granted = port.getKey().socket().receiveBufferBytes();
      if (granted > 0) {
        // The kernel reserves twice what it reports as granted; half of that is to stay free.
        length = Math.min(length, granted / port.getValue() * SECOND);
      }
    }
    return Math.clamp(Math.round(length), SHORTEST_NANOS, longest(rate, hasKernelStamps));
  }

  /** Longest tick at this rate of probes per second. */
  static long longest(double rate, boolean hasKernelStamps) {
    return hasKernelStamps
        ? Math.clamp((long) (PROBES_PER_TICK * SECOND / rate), UNSTRETCHED_NANOS, LONGEST_NANOS)
        : UNSTRETCHED_NANOS;
  }

  /**
   * Bytes of a receive buffer that a datagram occupies: its memory comes in powers of two. 2,304
   * for a probe of 1,028, as seen on Linux 6.
   */
  static int charge(int datagramBytes) {
    return Integer.highestOneBit(2 * (datagramBytes + BESIDE_DATA) - 1) + PER_BUFFER;
  }
}
