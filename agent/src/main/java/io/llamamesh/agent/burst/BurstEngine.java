package io.llamamesh.agent.burst;

import io.llamamesh.agent.collector.ProbePlan;
import java.io.IOException;
import java.time.Duration;

/** Runner of one burst. For all threads. */
@FunctionalInterface
public interface BurstEngine {

  /**
   * Probes by a plan for a time, waits until all is settled, and returns what became of it.
   *
   * @throws IOException when nothing can be probed; the message is for people
   * @throws InterruptedException when the agent ends meanwhile
   */
  BurstResult run(ProbePlan plan, Duration length) throws IOException, InterruptedException;
}
