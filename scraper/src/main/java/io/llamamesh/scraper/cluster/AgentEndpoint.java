package io.llamamesh.scraper.cluster;

import java.util.List;

/**
 * Endpoint of an agent's API.
 *
 * @param name name of its node; in a static list the address itself
 * @param addresses addresses of its API, tried in that order
 * @param trust what it is to the mesh
 */
public record AgentEndpoint(String name, List<HostPort> addresses, Trust trust) {
  /** What an agent is to the mesh. */
  public enum Trust {
    /** It is polled with the mesh's token, and names itself. */
    MEMBER,
    /**
     * It is known to be the agent of the node of its name: it is polled with that node's token or
     * the mesh's, and its points are that node's only.
     */
    NODE,
    /**
     * It registered itself: it is polled without a token, which it might keep, and its points must
     * carry its name.
     */
    OUTSIDE,
    /** It registered itself and posts its windows: it is not polled. */
    PUSHING
  }

  /** An agent of the mesh. */
  public AgentEndpoint(String name, List<HostPort> addresses) {
    this(name, addresses, Trust.MEMBER);
  }

  public AgentEndpoint {
    addresses = List.copyOf(addresses);
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("agent " + name + " has no address");
    }
  }

  /** True if it posts its windows itself, and is not to be polled. */
  public boolean isPushing() {
    return trust == Trust.PUSHING;
  }

  /** True if it is polled and has chosen its name itself. */
  public boolean isOutside() {
    return trust == Trust.OUTSIDE;
  }

  /** True if its points are those of the node of its name only. */
  public boolean isNode() {
    return trust == Trust.NODE;
  }
}
