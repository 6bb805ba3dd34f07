package io.llamamesh.fabric.detector;

/** The reachability of a peer as this node hears it: what of it arrives. */
public enum Hearing {
  /** It answers, by probes or over a link. */
  HEARD,
  /** It answers over a link; its probes arrive, yet it answers none of ours: ours do not arrive. */
  PROBES_UNHEARD_BY_PEER,
  /** It answers over a link; nothing of it arrives as a probe. */
  NO_PROBES,
  /** It asks and does not answer: what is sent to it does not arrive. */
  UNHEARD_BY_PEER,
  /** Its host answers that nobody listens. */
  REFUSED,
  /** Nothing arrives. */
  SILENT;

  /** True when it is known to live, on whatever way. */
  public boolean isAlive() {
    return this != SILENT && this != REFUSED;
  }

  /** True when a link to it can work. */
  public boolean isReachable() {
    return this == HEARD || this == PROBES_UNHEARD_BY_PEER || this == NO_PROBES;
  }
}
