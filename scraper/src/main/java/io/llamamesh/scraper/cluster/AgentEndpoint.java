package io.llamamesh.scraper.cluster;

import java.util.List;

/**
 * An agent that should be read.
 *
 * @param name its node's name; for a static list the address itself
 * @param addresses where its API may be, tried in that order
 */
public record AgentEndpoint(String name, List<HostPort> addresses) {
  public AgentEndpoint {
    addresses = List.copyOf(addresses);
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("agent " + name + " has no address");
    }
  }
}
