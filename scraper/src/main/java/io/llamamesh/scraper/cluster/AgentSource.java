package io.llamamesh.scraper.cluster;

import java.util.List;
import java.util.function.Consumer;

/** Tells which agents there are. */
public interface AgentSource extends AutoCloseable {
  /**
   * Starts telling; returns at once.
   *
   * @param listener called with the whole list whenever it changed, from one thread at a time, and
   *     must not block
   */
  void start(Consumer<List<Agent>> listener);

  /**
   * Whether the list is known and current; false while it is still being found, or is the last one
   * known because the cluster's API is out of reach.
   */
  boolean current();

  @Override
  void close();
}
