package io.llamamesh.scraper.cluster;

import io.llamamesh.results.WindowCursor;
import java.util.Map;

/** Where cursors outlive the scraper. */
public interface CursorStore {
  /** Keeps nothing: every start reads all that agents retain. */
  CursorStore NONE =
      new CursorStore() {
        @Override
        public Map<String, WindowCursor> load() {
          return Map.of();
        }

        @Override
        public void save(Map<String, WindowCursor> cursors) {}
      };

  /**
   * The cursors last saved, by agent; what cannot be read is left out.
   *
   * @throws RuntimeException where the place cannot be reached
   */
  Map<String, WindowCursor> load();

  /**
   * Keeps these instead of what was kept.
   *
   * @throws RuntimeException where the place cannot be reached
   */
  void save(Map<String, WindowCursor> cursors);
}
