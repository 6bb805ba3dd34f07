package io.llamamesh.agent.burst;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Answer of one agent to a request.
 *
 * @param source the agent's name
 * @param reason why it does not probe; null where it does
 * @param result null until it is done, and where it does not probe
 */
public record BurstRow(
    String source, State state, @Nullable String reason, @Nullable BurstResult result) {

  /** State of a burst at one agent. */
  public enum State {
    /** Probes, or waits for answers. */
    RUNNING,
    /** Has a result. */
    DONE,
    /** Does not probe the target by its config. */
    NOT_PROBING,
    /** A bound is reached. */
    REFUSED,
    /** Could not. */
    FAILED;

    /** Returns whether nothing more will come. */
    public boolean isFinal() {
      return this != RUNNING;
    }
  }

  static BurstRow running(String source) {
    return new BurstRow(source, State.RUNNING, null, null);
  }

  static BurstRow done(String source, BurstResult result) {
    return new BurstRow(source, State.DONE, null, Objects.requireNonNull(result, "result"));
  }

  static BurstRow notProbing(String source) {
    return new BurstRow(source, State.NOT_PROBING, "not probed by this agent's config", null);
  }

  static BurstRow refused(String source, String reason) {
    return new BurstRow(source, State.REFUSED, reason, null);
  }

  static BurstRow failed(String source, String reason) {
    return new BurstRow(source, State.FAILED, reason, null);
  }
}
