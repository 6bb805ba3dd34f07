package io.llamamesh.bench.idle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.bench.subject.Targets;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GoProgramsTest {

  @TempDir private Path folder;

  @Test
  void bothCollectorsProbeTheSameTargetsAtTheSameRate() {
    assertThat(GoPrograms.document(new Targets(2, 8100, 4, 16), 5000))
        .contains("cps: 2.0", "count: 4", "bind: \"127.0.0.1:5000\"")
        .endsWith(
            """
              - {ip: 127.0.1.1, port: 8100, tags: {dst_hostname: target-0}}
              - {ip: 127.0.1.2, port: 8100, tags: {dst_hostname: target-1}}
            """);
  }

  @Test
  void noFolderIsNoReferenceAndAnEmptyOneAnError() throws IOException {
    assertThat(GoPrograms.in("")).isEmpty();
    assertThatThrownBy(() -> GoPrograms.in(folder.toString()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("collector is no program");
  }
}
