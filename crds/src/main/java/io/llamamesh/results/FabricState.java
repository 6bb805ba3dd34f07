package io.llamamesh.results;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** The state of a member of the fabric, as an agent's API names it. */
public enum FabricState {
  /** Somebody who is reachable hears it. */
  UP("up"),
  /** Nobody hears it, and nobody else can. */
  FAILED("failed"),
  /** Nobody on the agent's side hears it; others that are cut off as well may. */
  CUT_OFF("cut-off"),
  /** Its host answers, its agent does not listen. */
  AGENT_DOWN("agent-down"),
  /** It announced its end, less than two minutes ago. */
  LEFT("left"),
  /** Known from before the agent's start, not heard of since. */
  ABSENT("absent"),
  /** Its node was deleted. */
  FORGOTTEN("forgotten"),
  /** A state that a newer agent knows and this program does not. */
  UNKNOWN("unknown");

  private final String label;

  FabricState(String label) {
    this.label = label;
  }

  /** The state of a label; {@link #UNKNOWN} for one that is not known. */
  @JsonCreator
  public static FabricState of(String label) {
    for (FabricState state : values()) {
      if (state.label.equals(label)) {
        return state;
      }
    }
    return UNKNOWN;
  }

  /** The state as JSON has it. */
  @JsonValue
  public String label() {
    return label;
  }

  /** True when nobody whom the agent reaches reaches the member, though it did not announce it. */
  public boolean isUnreachable() {
    return this == FAILED || this == CUT_OFF || this == AGENT_DOWN;
  }
}
