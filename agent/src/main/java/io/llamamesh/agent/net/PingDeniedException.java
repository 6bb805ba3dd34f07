package io.llamamesh.agent.net;

import java.io.IOException;
import java.io.Serial;

/**
 * The kernel permits this process no ICMP sockets: none of its groups is in {@code
 * net.ipv4.ping_group_range}, which is of IPv6, too.
 */
public final class PingDeniedException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  PingDeniedException() {
    super(
        "ICMP is not permitted: no group of this process is in net.ipv4.ping_group_range; on the"
            + " host set sysctl net.ipv4.ping_group_range=\"0 2147483647\" (a pod without hostNetwork"
            + " may set it in securityContext.sysctls), or give the target method: tcp");
  }
}
