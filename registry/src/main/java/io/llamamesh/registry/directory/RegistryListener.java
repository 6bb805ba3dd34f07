package io.llamamesh.registry.directory;

/** Takes what people should know of a directory: once for each change, not for each renewal. */
public interface RegistryListener {
  /** Nobody listens. */
  RegistryListener NONE = new RegistryListener() {};

  /** A probe is new in a group. */
  default void joined(String group, String probe) {}

  /** A probe's keepalive ran out. */
  default void expired(String group, String probe) {}

  /** A probe is not probed, or not served at all, since another has what it claims. */
  default void displaced(String group, String probe, String winner, String what) {}

  /** A probe that was displaced is in again. */
  default void restored(String group, String probe) {}

  /**
   * A probe registered an address other than the one it comes from: it is a target of its own site
   * only.
   */
  default void restrictedToSite(String group, String probe, String seen) {}

  /** A probe registers from two places in turns: it stays where it is. */
  default void registeredFromTwoPlaces(String group, String probe, String seen) {}
}
