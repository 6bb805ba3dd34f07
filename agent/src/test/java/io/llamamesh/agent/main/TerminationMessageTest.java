package io.llamamesh.agent.main;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TerminationMessageTest {

  @TempDir private Path folder;

  @Test
  void theLastIsTheOneThatStays() throws IOException {
    Path file = Files.createFile(folder.resolve("termination-log"));

    TerminationMessage.write(file, "a message that is longer than the next");
    TerminationMessage.write(file, "HOST_IPS is wrong");

    assertThat(file).hasContent("HOST_IPS is wrong\n");
  }

  @Test
  void outsideAContainerNothingIsMade() {
    Path file = folder.resolve("termination-log");

    TerminationMessage.write(file, "x");

    assertThat(file).doesNotExist();
  }
}
