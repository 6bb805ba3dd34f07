package io.llamamesh.scraper.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.WindowCursor;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileCursorsTest {
  @Test
  void cursorsOutliveTheScraperInAFile(@TempDir Path folder) {
    Path file = folder.resolve("cursors.json");
    new FileCursors(file).save(Map.of("node-1", Bookmark.at(new WindowCursor("boot", 2))));

    assertThat(new FileCursors(file).load())
        .containsExactly(Map.entry("node-1", Bookmark.at(new WindowCursor("boot", 2))));
    assertThat(new FileCursors(folder.resolve("none")).load()).isEmpty();
  }
}
