package io.llamamesh.agent.burst;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Way to the other agents. For all threads. */
public interface BurstSpread {

  /** No way to anybody: a burst is this agent's alone. */
  BurstSpread ALONE =
      new BurstSpread() {
        @Override
        public Optional<Collection<String>> others() {
          return Optional.of(List.of());
        }

        @Override
        public boolean trySend(byte[] message, Set<String> onlyNodes) {
          return false;
        }
      };

  /**
   * Names of the other agents that should answer: known members that did not leave; empty when they
   * cannot be known now.
   */
  Optional<Collection<String>> others();

  /**
   * Sends a message to agents.
   *
   * @param onlyNodes names; empty for all
   * @return false when it cannot be sent now
   */
  boolean trySend(byte[] message, Set<String> onlyNodes);
}
