package io.llamamesh.scraper.cluster;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Discovery of agents, and of nodes that are leaving. */
public interface AgentSource extends AutoCloseable {
  /**
   * Starts discovery; returns at once.
   *
   * @param listener called with the whole list after each change, from one thread at a time; must
   *     not block
   */
  void start(Consumer<List<AgentEndpoint>> listener);

  /**
   * True if the list is current; false before the first list, and while the cluster's API is
   * unreachable and the last known list is kept.
   */
  boolean isCurrent();

  /** Names of nodes that are about to be removed, or just were. Thread-safe. */
  default Set<String> leaving() {
    return Set.of();
  }

  /**
   * True if agents may post their windows without being listed, since nobody lists agents that do.
   */
  default boolean acceptsUnlisted() {
    return false;
  }

  /**
   * Number of requests to the cluster's API that failed since its certificate was not trusted.
   * Thread-safe.
   */
  default long certificateRefusals() {
    return 0;
  }

  @Override
  void close();
}
