package io.llamamesh.local.cluster;

import io.llamamesh.process.BoundProcesses;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A pod's process. */
final class PodProcess {
  private final Process process;

  private PodProcess(Process process) {
    this.process = process;
  }

  /**
   * Starts a program, which ends with this JVM.
   *
   * @param kubelet variables that the kubelet gives beside the pod's own
   */
  static PodProcess start(
      Path script, PodCommand command, Map<String, String> kubelet, Path folder, Path log)
      throws IOException {
    List<String> line = new ArrayList<>();
    line.addAll(List.of("/bin/sh", script.toString()));
    line.addAll(command.arguments());
    ProcessBuilder builder =
        new ProcessBuilder(line)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    Map<String, String> environment = builder.environment();
    environment.keySet().retainAll(List.of("PATH", "LANG", "LC_ALL", "TZ"));
    environment.putAll(kubelet);
    environment.putAll(command.environment());
    return new PodProcess(BoundProcesses.start(builder));
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Only once it has ended. */
  int exitCode() {
    return process.exitValue();
  }

  /** SIGTERM: a chance to drain. */
  void terminate() {
    process.destroy();
  }

  /** SIGKILL. */
  void kill() {
    process.destroyForcibly();
  }

  /** Waits for its end; false when it did not come in time. */
  boolean awaitEnd(long millis) throws InterruptedException {
    return process.waitFor(millis, TimeUnit.MILLISECONDS);
  }
}
