package io.llamamesh.scraper.cluster;

import java.util.Map;

/** Where bookmarks outlive the scraper. */
public interface CursorStore {
  /** Keeps nothing: every start reads all that agents retain. */
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
   * The bookmarks last saved, by agent; what cannot be read is left out.
   *
   * @throws RuntimeException where the place cannot be reached
   */
  Map<String, Bookmark> load();

  /**
   * Keeps these instead of what was kept.
   *
   * @throws RuntimeException where the place cannot be reached
   */
  void save(Map<String, Bookmark> cursors);
}
