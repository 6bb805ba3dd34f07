package io.llamamesh.registry.directory;

/**
 * Defaults and limits of a directory; {@link Registry} refuses what is over them.
 *
 * @param defaultGroup group of registrations that name none
 * @param defaultKeepaliveSeconds keepalive of registrations that name none
 * @param intervalSeconds length of a window, for all probes
 * @param maxProbes how many registrations are kept over all groups
 * @param maxProbesPerAddress how many of them may come from one address
 * @param maxGroups how many groups there may be
 * @param maxTargets how many targets one probe is given, itself included
 * @param addresses which addresses may be registered
 */
public record RegistrySettings(
    String defaultGroup,
    double defaultKeepaliveSeconds,
    int intervalSeconds,
    int maxProbes,
    int maxProbesPerAddress,
    int maxGroups,
    int maxTargets,
    AddressPolicy addresses) {

  /** Those of llama-sd, and bounds for a mesh that its peers can carry. */
  public static final RegistrySettings DEFAULT =
      new RegistrySettings("default", 86_400, 10, 2_000, 200, 256, 64, AddressPolicy.DEFAULT);

  public RegistrySettings {
    RegistrationReader.checkGroup(defaultGroup);
    check("keepalive", defaultKeepaliveSeconds, 1, RegistrationReader.MAX_KEEPALIVE_SECONDS);
    check("interval", intervalSeconds, 1, 3_600);
    check("max-probes", maxProbes, 1, 20_000);
    check("max-probes-per-address", maxProbesPerAddress, 1, 20_000);
    check("max-groups", maxGroups, 1, 10_000);
    check("max-targets", maxTargets, 2, 1_024);
  }

  private static void check(String option, double value, int min, int max) {
    if (!(value >= min && value <= max)) {
      throw new IllegalArgumentException(
          "--%s must be from %d to %d, was %s"
              .formatted(
                  option,
                  min,
                  max,
                  value == Math.rint(value) ? Long.toString((long) value) : "" + value));
    }
  }
}
