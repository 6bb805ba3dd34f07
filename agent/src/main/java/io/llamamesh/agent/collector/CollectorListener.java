package io.llamamesh.agent.collector;

import java.net.InetSocketAddress;

/** Listener of a collector's warnings for people, called on its thread; must return at once. */
public interface CollectorListener {

  /** Called when a target of the plan cannot be probed. */
  void targetSkipped(InetSocketAddress target, String className, String reason);

  /** Called when a peer that has to sign its answers does not, or with another key. */
  void unkeyedAnswer(InetSocketAddress target);

  /** Called when wanted source ports were taken, and others are used. */
  void portsTaken(long total);

  /**
   * Called when flows got other source ports since none of their targets answered any more; once
   * until one answers.
   */
  default void portsRenewed(int flows) {}

  /** Called when the wall clock was stepped. */
  void clockStepped(long total);

  /** Called when the collector's thread failed; it measures no more. */
  void failed(Throwable cause);
}
