package io.llamamesh.registry.directory;

import org.jspecify.annotations.Nullable;

/**
 * The role of a probe in its group.
 *
 * @param kind whether it probes and is probed
 * @param winner id and name of the probe that has its place; null for a target
 * @param why what they share; empty for a target
 */
record Role(Kind kind, @Nullable String winner, String why) {
  static final Role TARGET = new Role(Kind.TARGET, null, "");

  enum Kind {
    /** Probes and is probed. */
    TARGET,
    /** Probes only: another is probed at its address and port. */
    SOURCE,
    /** Neither: another has its name, or the same address without an instance. */
    SHADOWED
  }
}
