package io.llamamesh.agent.burst;

import io.llamamesh.results.BurstReport;
import java.time.Duration;

/** Bounds of bursts, so that none of them hurts the network, its target or an agent. */
public final class BurstLimits {

  /** Most probes per second of one agent in one burst. */
  public static final int MAX_PPS = BurstReport.MAX_PPS;

  /** Most probes per second of all agents together at one target. */
  public static final int MAX_TARGET_PPS = 20_000;

  /** Most probes per second of one agent in all bursts that it runs. */
  public static final int MAX_AGENT_PPS = 2_000;

  /** Most bursts that one agent runs at a time. */
  public static final int MAX_RUNNING = 4;

  /** Longest burst. */
  public static final Duration MAX_LENGTH = BurstReport.MAX_LENGTH;

  /** Longest name of a target, and of whoever asks. */
  public static final int MAX_NAME = BurstReport.MAX_NAME;

  /** Most flows of one burst: source ports, over all addresses and classes of the target. */
  public static final int MAX_FLOWS = 32;

  /** Longest wait for an answer, whatever a class's timeout, so that the result comes soon. */
  static final Duration MAX_TIMEOUT = Duration.ofSeconds(1);

  private BurstLimits() {}
}
