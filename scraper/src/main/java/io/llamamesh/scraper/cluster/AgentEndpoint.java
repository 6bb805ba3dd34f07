package io.llamamesh.scraper.cluster;

import java.util.List;

/**
 * Endpoint of an agent's API.
 *
 * @param name name of its node; in a static list the address itself
 * @param addresses addresses of its API, tried in that order
 */
public record AgentEndpoint(String name, List<HostPort> addresses) {
  public AgentEndpoint {
    addresses = List.copyOf(addresses);
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("agent " + name + " has no address");
    }
  }
}
