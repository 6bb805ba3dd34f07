package io.llamamesh.agent.reflector;

import io.llamamesh.agent.net.Cidr;
import io.llamamesh.agent.wire.ProbeKeys;
import java.util.List;
import java.util.function.Supplier;

/**
 * Options of a reflector.
 *
 * @param maxPacketsPerSecond limit above which probes are dropped and counted; a tenth more may
 *     pass to report drops to flows of which nothing passed for a second
 * @param epoch identifies this life of the reflector to its senders
 * @param legacy also sends back the 36-byte datagrams of the Python LLAMA
 * @param sharedPort other reflectors listen on the same port, each serving some of the flows
 * @param keys the present keys; where there are some, only keyed probes are reflected
 * @param acceptUnkeyed except from these blocks
 */
public record ReflectorOptions(
    int maxPacketsPerSecond,
    int epoch,
    boolean legacy,
    boolean sharedPort,
    Supplier<ProbeKeys> keys,
    List<Cidr> acceptUnkeyed) {
  public ReflectorOptions {
    if (maxPacketsPerSecond < 1) {
      throw new IllegalArgumentException(
          "maxPacketsPerSecond must be positive: " + maxPacketsPerSecond);
    }
    acceptUnkeyed = List.copyOf(acceptUnkeyed);
  }

  /** Our own and Go LLAMA's probes without keys, on a port of its own. */
  public static ReflectorOptions standard(int maxPacketsPerSecond, int epoch) {
    return new ReflectorOptions(
        maxPacketsPerSecond, epoch, false, false, () -> ProbeKeys.NONE, List.of());
  }

  /** The same, and the Python LLAMA's. */
  public ReflectorOptions withLegacy() {
    return new ReflectorOptions(maxPacketsPerSecond, epoch, true, sharedPort, keys, acceptUnkeyed);
  }

  /** The same with keys. */
  public ReflectorOptions withKeys(Supplier<ProbeKeys> present, List<Cidr> unkeyedFrom) {
    return new ReflectorOptions(
        maxPacketsPerSecond, epoch, legacy, sharedPort, present, unkeyedFrom);
  }

  boolean mayBeUnkeyed(long high, long low) {
    for (int i = 0; i < acceptUnkeyed.size(); i++) {
      if (acceptUnkeyed.get(i).contains(high, low)) {
        return true;
      }
    }
    return false;
  }
}
