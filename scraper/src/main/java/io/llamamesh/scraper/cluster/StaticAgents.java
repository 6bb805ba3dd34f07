package io.llamamesh.scraper.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Static list of agents from the command line. */
public final class StaticAgents implements AgentSource {
  private final List<AgentEndpoint> agents;

  /**
   * Parses {@code a,b:port,[v6]:port}.
   *
   * @param defaultPort port of agents without one
   * @throws IllegalArgumentException if one is not an address, naming it
   */
  public StaticAgents(String commaSeparated, int defaultPort) {
    List<AgentEndpoint> parsed = new ArrayList<>();
    for (String text : commaSeparated.split(",", -1)) {
      if (!text.isBlank()) {
        HostPort address = HostPort.parse(text, defaultPort);
        parsed.add(new AgentEndpoint(address.toString(), List.of(address)));
      }
    }
    this.agents = parsed.stream().distinct().toList();
  }

  /** The agents, in the given order. */
  public List<AgentEndpoint> agents() {
    return agents;
  }

  @Override
  public void start(Consumer<List<AgentEndpoint>> listener) {
    listener.accept(agents);
  }

  @Override
  public boolean isCurrent() {
    return true;
  }

  @Override
  public boolean acceptsUnlisted() {
    return true;
  }

  @Override
  public void close() {}
}
