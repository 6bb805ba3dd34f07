package io.llamamesh.agent.points;

import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;

/** Rule by which field {@code loss} of a point is counted. */
public enum LossRule {
  /** Loss of the network: a reflector that is gone while its host is up is no loss. */
  NETWORK {
    @Override
    public double percent(PairResult pair) {
      return pair.lossPercent();
    }
  },
  /** LLAMA's rule, by which a refused probe is lost as any other. */
  LLAMA {
    @Override
    public double percent(PairResult pair) {
      int gone = pair.count(Outcome.LOST) + pair.count(Outcome.REFUSED);
      int all = gone + pair.count(Outcome.RECEIVED);
      return all == 0 ? Double.NaN : 100.0 * gone / all;
    }
  };

  /** Loss in percent of the probes that count; NaN where none does. */
  public abstract double percent(PairResult pair);
}
