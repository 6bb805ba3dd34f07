package io.llamamesh.scraper.cluster;

import org.jspecify.annotations.Nullable;

/**
 * Leadership among a mesh's scrapers: the leader writes to the store and reports for the mesh.
 * Thread-safe.
 */
public interface Leadership extends AutoCloseable {
  /** Leadership of a single scraper. */
  Leadership ALONE =
      new Leadership() {
        @Override
        public void start(Runnable onChange) {}

        @Override
        public boolean isLeader() {
          return true;
        }

        @Override
        public @Nullable String leader() {
          return null;
        }

        @Override
        public void close() {}
      };

  /**
   * Joins the election; returns at once.
   *
   * @param onChange called after {@link #isLeader} changed; must not block
   */
  void start(Runnable onChange);

  /** True if this scraper leads. */
  boolean isLeader();

  /** The leader's name; null while unknown. */
  @Nullable String leader();

  /** Releases the leadership, so that the next leader need not wait. */
  @Override
  void close();
}
