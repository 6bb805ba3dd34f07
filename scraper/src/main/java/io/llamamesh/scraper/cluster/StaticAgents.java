package io.llamamesh.scraper.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Agents that were named on the command line; the list never changes. */
public final class StaticAgents implements AgentSource {
  private final List<AgentEndpoint> agents;

  /**
   * Reads {@code a,b:port,[v6]:port}.
   *
   * @param defaultPort the port of those that name none
   * @throws IllegalArgumentException where one is not an address, naming it
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

  /** The agents. */
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
  public void close() {}
}
