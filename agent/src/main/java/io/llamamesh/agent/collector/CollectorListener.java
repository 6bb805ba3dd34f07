package io.llamamesh.agent.collector;

import java.net.InetSocketAddress;

/**
 * What a collector has to say to people, on its own thread; implementations must return at once.
 */
public interface CollectorListener {

  /** A target of the plan is left out, and why. */
  void targetSkipped(InetSocketAddress target, String className, String reason);

  /** A peer that has to sign its answers does not, or with another key. */
  void unkeyedAnswer(InetSocketAddress target);

  /** Wanted source ports were taken, and others are used. */
  void portsTaken(long total);

  /** The wall clock was stepped. */
  void clockStepped(long total);

  /** The collector's thread died of a programming error; it measures no more. */
  void failed(Throwable cause);
}
