package io.llamamesh.scraper.cluster;

import java.util.Map;

/** Persistent store of bookmarks. */
public interface CursorStore {
  /** A store that persists nothing: every start reads all that agents retain. */
  CursorStore NONE =
      new CursorStore() {
        @Override
        public Map<String, Bookmark> load() {
          return Map.of();
        }

        @Override
        public void save(Map<String, Bookmark> cursors) {}
      };

  /**
   * Loads the bookmarks last saved, by agent; those that cannot be parsed are left out.
   *
   * @throws RuntimeException if the store cannot be reached
   */
  Map<String, Bookmark> load();

  /**
   * Replaces all saved bookmarks.
   *
   * @throws RuntimeException if the store cannot be reached
   */
  void save(Map<String, Bookmark> cursors);
}
