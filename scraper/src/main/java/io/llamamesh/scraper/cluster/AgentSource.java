package io.llamamesh.scraper.cluster;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Tells which agents there are, and which of them will not be for long. */
public interface AgentSource extends AutoCloseable {
  /**
   * Starts telling; returns at once.
   *
   * @param listener called with the whole list whenever it changed, from one thread at a time, and
   *     must not block
   */
  void start(Consumer<List<AgentEndpoint>> listener);

  /**
   * Whether the list is known and current; false while it is still being found, or is the last one
   * known because the cluster's API is out of reach.
   */
  boolean isCurrent();

  /** Names of nodes that are about to be removed, or just were; any thread may ask. */
  default Set<String> leaving() {
    return Set.of();
  }

  /**
   * Attempts to ask the cluster's API that ended since its certificate was not trusted; any thread
   * may ask.
   */
  default long certificateRefusals() {
    return 0;
  }

  @Override
  void close();
}
