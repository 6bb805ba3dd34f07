package io.llamamesh.registry.directory;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * A policy of which addresses a probe may register, and who gets them as targets: nobody may aim a
 * mesh at a stranger.
 *
 * <p>Without more, a probe registers the address that its request comes from. Another one that
 * means something at a site only (private, shared, loopback) is kept, and only those who come from
 * the same address get it as a target. What is allowed explicitly is probed by everybody.
 *
 * @param self whether a probe may register the address that it comes from
 * @param allowed addresses that anybody may register
 */
public record AddressPolicy(boolean self, List<AddressBlock> allowed) {

  /** The word for {@link #self} among blocks. */
  public static final String SELF = "self";

  /** A probe's own address only. */
  public static final AddressPolicy DEFAULT = new AddressPolicy(true, List.of());

  public AddressPolicy {
    allowed = List.copyOf(allowed);
  }

  /**
   * Reads blocks and the word {@code self}.
   *
   * @throws IllegalArgumentException naming what is neither
   */
  public static AddressPolicy parse(List<String> texts) {
    boolean self = false;
    List<AddressBlock> blocks = new ArrayList<>();
    for (String text : texts) {
      if (text.equals(SELF)) {
        self = true;
      } else {
        blocks.add(AddressBlock.parse(text));
      }
    }
    return new AddressPolicy(self, blocks);
  }

  /** Probes that get an address as a target. */
  public enum Reach {
    /** Every probe of the group. */
    ANYWHERE,
    /** Those whose requests come from where its registration came from. */
    SITE
  }

  /**
   * The probes that get a registered address as a target.
   *
   * @param registered the address to be probed
   * @param seen where the registration comes from
   * @throws RequestRefusedException where nobody may be
   */
  Reach reach(InetAddress registered, InetAddress seen) throws RequestRefusedException {
    String text = registered.getHostAddress();
    if (!IpAddresses.isHost(registered)) {
      throw new RequestRefusedException(
          RequestRefusedException.BAD_REQUEST,
          "'ip' " + text + " is not one host's address; register the address of the reflector");
    }
    if (registered.isLoopbackAddress()) {
      if (seen.isLoopbackAddress()) {
        return Reach.SITE;
      }
      throw new RequestRefusedException(
          RequestRefusedException.FORBIDDEN,
          "'ip' " + text + " is the probe's own host only; leave 'ip' out");
    }
    if (allowed.stream().anyMatch(block -> block.contains(registered))) {
      return Reach.ANYWHERE;
    }
    if (!self) {
      throw new RequestRefusedException(
          RequestRefusedException.FORBIDDEN,
          "'ip' " + text + " is outside the registry's --allowed-networks");
    }
    if (registered.equals(seen)) {
      return Reach.ANYWHERE;
    }
    if (IpAddresses.isSiteOwn(registered)) {
      return Reach.SITE;
    }
    throw new RequestRefusedException(
        RequestRefusedException.FORBIDDEN,
        "'ip' "
            + text
            + " is not where this registration comes from ("
            + seen.getHostAddress()
            + "); leave 'ip' out, or allow it at the registry: --allowed-networks=self,"
            + text);
  }
}
