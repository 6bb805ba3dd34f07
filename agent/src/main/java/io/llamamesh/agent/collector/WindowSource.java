package io.llamamesh.agent.collector;

import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.window.PairResult;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Source of further results for the collector's windows, of probes that it does not send itself.
 * The collector's thread calls all of this; nothing but {@link #finish} may wait.
 */
public interface WindowSource {

  /** A source without results. */
  WindowSource NONE =
      new WindowSource() {
        @Override
        public void apply(ProbePlan plan) {}

        @Override
        public void begin(int windowId) {}

        @Override
        public long longestTimeoutNanos() {
          return 0;
        }

        @Override
        public boolean isSettled() {
          return true;
        }

        @Override
        public void finish() {}

        @Override
        public @Nullable Results poll(int windowId) {
          return null;
        }
      };

  /**
   * Results of one window.
   *
   * @param windowId the window
   * @param pairs results of the pairs that probed
   * @param sendErrors probes that were not sent, by the reason
   * @param errors errors about probes in flight
   * @param events what belongs to no pair
   */
  record Results(
      int windowId,
      List<PairResult> pairs,
      Map<SendResult, Integer> sendErrors,
      Map<PeerError, Integer> errors,
      Map<CollectorCounters.Event, Integer> events) {
    public Results {
      pairs = List.copyOf(pairs);
      sendErrors = Map.copyOf(sendErrors);
      errors = Map.copyOf(errors);
      events = Map.copyOf(events);
    }
  }

  /** Makes this the plan; pairs that it names again go on as they are. */
  void apply(ProbePlan plan);

  /** Makes this the window to which every later probe belongs. */
  void begin(int windowId);

  /** Longest timeout of all pairs that have probes in flight or windows open, in nanoseconds. */
  long longestTimeoutNanos();

  /** Returns whether every probe has its outcome and was handed over, where no more are sent. */
  boolean isSettled();

  /** Suppresses probes in flight and hands over all windows; waits for that, at most a second. */
  void finish();

  /**
   * Removes the next results of this window or of one before it, which were late; null when there
   * are none.
   */
  @Nullable Results poll(int windowId);
}
