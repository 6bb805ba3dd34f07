package io.llamamesh.fabric;

/** What a node holds another one for. */
public enum MemberState {
  /** Somebody who is reachable reaches it. */
  UP,
  /** It is known from before this node's start and has not been heard of since. */
  ABSENT,
  /** Nobody who is reachable reaches it, and nobody else can. */
  FAILED,
  /**
   * Nobody who is reachable reaches it, yet others that are cut off as well may: the far side of a
   * partition, or nodes that died together.
   */
  CUT_OFF,
  /** Its host answers, its agent does not listen. */
  AGENT_DOWN,
  /** It said that it goes, less than two minutes ago. */
  LEFT,
  /** Its Node was deleted. */
  FORGOTTEN
}
