package io.llamamesh.scraper.cluster;

import io.llamamesh.runtime.CloseStack;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A mesh's own agents, and those outside the cluster that registered themselves. Of two with one
 * name the mesh's own is read. While either source is unreachable its last list stays.
 *
 * <p>Owns both sources; {@link #close} ends them.
 */
public final class CombinedAgents implements AgentSource {
  private static final Logger LOG = LoggerFactory.getLogger(CombinedAgents.class);

  private final AgentSource members;
  private final AgentSource outside;
  private List<AgentEndpoint> memberList = List.of();
  private List<AgentEndpoint> outsideList = List.of();
  private Set<String> refused = Set.of();

  public CombinedAgents(AgentSource members, AgentSource outside) {
    this.members = members;
    this.outside = outside;
  }

  @Override
  public void start(Consumer<List<AgentEndpoint>> listener) {
    members.start(list -> {
      synchronized (this) {
        memberList = list;
        listener.accept(all());
      }
    });
    outside.start(list -> {
      synchronized (this) {
        outsideList = list;
        listener.accept(all());
      }
    });
  }

  private List<AgentEndpoint> all() {
    List<AgentEndpoint> all = new ArrayList<>(memberList);
    Set<String> names = new HashSet<>();
    memberList.forEach(agent -> names.add(agent.name()));
    Set<String> taken = new HashSet<>();
    for (AgentEndpoint agent : outsideList) {
      if (names.add(agent.name())) {
        all.add(agent);
      } else {
        taken.add(agent.name());
      }
    }
    if (!taken.equals(refused)) {
      refused = Set.copyOf(taken);
      LOG.warn("agents outside the cluster not read, their names are taken names={}", refused);
    }
    return all;
  }

  @Override
  public boolean isCurrent() {
    return members.isCurrent();
  }

  @Override
  public Set<String> leaving() {
    return members.leaving();
  }

  @Override
  public long certificateRefusals() {
    return members.certificateRefusals();
  }

  @Override
  public void close() {
    try (CloseStack parts = new CloseStack()) {
      parts.register(outside);
      parts.register(members);
    }
  }
}
