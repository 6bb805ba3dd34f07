package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that are kept in the repository and made by the build from something else. */
final class CheckedIn {
  private CheckedIn() {}

  /** Whether the run is to renew them instead of comparing. */
  static boolean updates() {
    return Boolean.getBoolean("llamamesh.update");
  }

  /** The file has this content; with -Dllamamesh.update=true it has it from now on. */
  static void assertCurrent(Path file, String content) throws IOException {
    if (updates()) {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(file, content);
    }
    assertThat(file)
        .as(
            "renew it with: mvn -pl charts -am verify -Dllamamesh.update=true, and look at the diff")
        .exists()
        .hasContent(content);
  }
}
