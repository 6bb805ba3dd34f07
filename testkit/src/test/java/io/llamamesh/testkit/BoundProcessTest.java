package io.llamamesh.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class BoundProcessTest {
  /** The kernel's signal comes as the thread ends, within microseconds. */
  private static final long SIGNALLED_MILLIS = 500;

  @Test
  void aProcessOutlivesTheThreadThatAskedForIt() throws Exception {
    CompletableFuture<Process> started = new CompletableFuture<>();
    Thread asking =
        Thread.ofPlatform()
            .start(() -> {
              try {
                started.complete(BoundProcess.start(new ProcessBuilder("cat")));
              } catch (IOException | InterruptedException e) {
                started.completeExceptionally(e);
              }
            });
    Process process = started.get();
    try {
      asking.join();

      assertThat(process.waitFor(SIGNALLED_MILLIS, TimeUnit.MILLISECONDS)).isFalse();
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void theBuilderIsLeftAsItWas() throws Exception {
    ProcessBuilder builder = new ProcessBuilder("true");

    assertThat(BoundProcess.start(builder).waitFor()).isZero();

    assertThat(builder.command()).isEqualTo(List.of("true"));
  }

  @Test
  void aFolderThatIsNotThereIsToldWithTheCommand() {
    ProcessBuilder builder =
        new ProcessBuilder("true").directory(new java.io.File("/no/such/folder"));

    assertThatThrownBy(() -> BoundProcess.start(builder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("true")
        .hasMessageContaining("does not start");
  }
}
