package io.llamamesh.scraper.cluster;

import org.jspecify.annotations.Nullable;

/** Which of a mesh's scrapers writes to the store and speaks for the mesh; thread-safe. */
public interface Leadership extends AutoCloseable {
  /** A scraper without others. */
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
   * Begins to take part; returns at once.
   *
   * @param onChange called after {@link #isLeader} changed, and must not block
   */
  void start(Runnable onChange);

  /** Whether this one does. */
  boolean isLeader();

  /** The name of the one that does; null while unknown. */
  @Nullable String leader();

  /** Gives up leading, so that the next one need not wait. */
  @Override
  void close();
}
