package io.llamamesh.bench.scraper;

import java.time.Instant;

/**
 * Windows that agents who do not exist have measured: who probes whom, when, and what came of it.
 * The same in every process with the same parameters, so that one can serve them and another count
 * them.
 *
 * <p>Before {@code start} they are minutes long for the first fifty minutes of the hour and every
 * ten seconds after that, which is what the scraper would have folded a whole hour into.
 *
 * @param agents how many, at least two
 * @param peers how many each probes, fewer than agents
 * @param start seconds since the epoch, a multiple of 60: the first window that is published live
 *     ends ten seconds later
 * @param hasHistory whether agents retain the hour before
 * @param lossy of ten thousand pairs so many lose a probe in a window
 */
record SimulatedAgentWindows(int agents, int peers, long start, boolean hasHistory, int lossy) {
  /** Length of a window. */
  static final int SECONDS = 10;

  /** A probe's timeout and the grace for late replies. */
  static final int PUBLISHED_AFTER = 3;

  /** Probes of a pair in a window: 16 a second. */
  static final int PROBES = 160;

  private static final int MINUTES = 50;
  private static final int FINE = 60;
  private static final int MINUTE = 60;
  private static final int ALL = 10_000;
  private static final int PORTS = 4;

  SimulatedAgentWindows {
    if (agents < 2
        || agents > 10_000
        || peers < 1
        || peers >= agents
        || start % MINUTE != 0
        || lossy < 0
        || lossy > ALL) {
      throw new IllegalArgumentException(
          "agents must be 2 to 10000, peers fewer, start a full minute, lossy 0 to 10000");
    }
  }

  /** Number of windows that each agent retains of the hour before {@link #start}. */
  int before() {
    return hasHistory ? MINUTES + FINE : 0;
  }

  /** Number of the newest window that is published, counted from 1; 0 without any. */
  int published(Instant now) {
    long since = now.getEpochSecond() - PUBLISHED_AFTER - start;
    return before() + (int) Math.max(0, Math.floorDiv(since, (long) SECONDS));
  }

  /** The end of a window, in seconds since the epoch. */
  long end(int window) {
    int index = window - before();
    if (index > -FINE) {
      return start + (long) index * SECONDS;
    }
    return start - (long) FINE * SECONDS + (long) (index + FINE) * MINUTE;
  }

  /** The time at which a window is published. */
  Instant publication(int window) {
    return Instant.ofEpochSecond(end(window) + PUBLISHED_AFTER);
  }

  /** True for one of the hour before, of which only what the scraper remembers is served. */
  boolean isHistory(int window) {
    return window <= before();
  }

  /** Number of the node that an agent probes. */
  int destination(int agent, int peer) {
    return (agent + 1 + peer * ((agents - 1) / peers)) % agents;
  }

  /** Probes that a pair loses in a window: one or none. */
  int lost(int agent, int peer, int window) {
    return mix(agent, peer, window) % ALL < lossy ? 1 : 0;
  }

  /** Source ports of a pair. */
  int ports() {
    return PORTS;
  }

  /** A number from 0 that looks random. */
  static int mix(int a, int b, int c) {
    long x = a * 0x9E3779B97F4A7C15L + b * 0xC2B2AE3D27D4EB4FL + c * 0x165667B19E3779F9L;
    x = (x ^ x >>> 30) * 0xBF58476D1CE4E5B9L;
    x = (x ^ x >>> 27) * 0x94D049BB133111EBL;
    return (int) (x >>> 33);
  }

  /** Pairs in a window of all agents. */
  long pairs() {
    return (long) agents * peers;
  }

  /** Points of a window of all agents: pairs, what reflectors saw, and lossy pairs' ports. */
  long points(int window) {
    if (isHistory(window)) {
      return pairs();
    }
    long lossy = 0;
    for (int agent = 0; agent < agents; agent++) {
      for (int peer = 0; peer < peers; peer++) {
        lossy += lost(agent, peer, window);
      }
    }
    return 2 * pairs() + lossy * PORTS;
  }
}
