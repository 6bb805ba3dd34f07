package io.llamamesh.agent.netns;

import java.net.Inet4Address;
import java.net.InetAddress;

/** Which kinds of addresses a test uses. */
enum Stack {
  IPV4,
  IPV6,
  DUAL;

  boolean has(InetAddress address) {
    return switch (this) {
      case IPV4 -> address instanceof Inet4Address;
      case IPV6 -> !(address instanceof Inet4Address);
      case DUAL -> true;
    };
  }
}
