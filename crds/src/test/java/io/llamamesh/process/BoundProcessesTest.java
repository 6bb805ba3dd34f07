package io.llamamesh.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BoundProcessesTest {
  @Test
  void aProcessOutlivesTheThreadThatAskedForIt() throws Exception {
    FutureTask<Process> task =
        new FutureTask<>(() -> BoundProcesses.start(new ProcessBuilder("cat")));
    Thread thread = Thread.ofPlatform().start(task);
    Process process = task.get();
    thread.join();

    assertThat(process.isAlive()).isTrue();
    process.getOutputStream().close();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  @Test
  void aBuilderIsLeftAsItWas() throws Exception {
    ProcessBuilder builder = new ProcessBuilder("true");

    assertThat(BoundProcesses.start(builder).waitFor()).isZero();
    assertThat(builder.command()).isEqualTo(List.of("true"));
  }

  @Test
  void anInterruptIsKept() throws Exception {
    Thread.currentThread().interrupt();
    Process process = BoundProcesses.start(new ProcessBuilder("true"));

    assertThat(Thread.interrupted()).isTrue();
    assertThat(process.waitFor()).isZero();
  }

  @Test
  void whatDoesNotStartIsNamed() {
    ProcessBuilder builder =
        new ProcessBuilder("true").directory(new java.io.File("/nowhere/at/all"));

    assertThatThrownBy(() -> BoundProcesses.start(builder))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("[true] does not start");
  }
}
