package io.llamamesh.e2e.machine;

import io.llamamesh.testkit.BoundProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A process that runs until it is stopped, with its output in a file. Should this JVM be killed,
 * the kernel kills it too.
 */
public final class Daemon {
  private static final long STOP_SECONDS = 10;

  private final String name;
  private final Process process;

  private Daemon(String name, Process process) {
    this.name = name;
    this.process = process;
  }

  /**
   * Starts a process.
   *
   * @param environment variables beside those of this process
   */
  public static Daemon start(
      String name, Path log, Map<String, String> environment, List<String> line)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    return new Daemon(name, BoundProcess.start(builder));
  }

  /** Its name, for messages. */
  public String name() {
    return name;
  }

  /** True while it runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** The process that was started, which may stand for one in other namespaces. */
  public long pid() {
    return process.pid();
  }

  /** True where the started process has a child, which is then the one in the namespaces. */
  public boolean hasInner() {
    return process.children().findAny().isPresent();
  }

  /** The process in the namespaces: the started one's child where it has one. */
  public long innerPid() {
    return process.children().findFirst().map(ProcessHandle::pid).orElse(process.pid());
  }

  /** Asks it to end, and kills it where it does not. */
  public void stop() throws InterruptedException {
    List<ProcessHandle> inner = process.children().toList();
    if (inner.isEmpty()) {
      process.destroy();
    } else {
      inner.forEach(ProcessHandle::destroy);
    }
    if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
      kill();
    }
  }

  /** Kills it, with the processes that it stands for. */
  public void kill() throws InterruptedException {
    List<ProcessHandle> inner = process.children().toList();
    inner.forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    process.waitFor();
    // What stood behind it is gone only when it has ended too; a node's first process takes all of
    // the node along.
    for (ProcessHandle each : inner) {
      try {
        each.onExit().get(STOP_SECONDS, TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException e) {
        throw new IllegalStateException(name + " does not end", e);
      }
    }
  }
}
