package io.llamamesh.local.agents;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One of our programs as the build left it, which may be started several times. */
final class Program implements AutoCloseable {
  private static final long GOODBYE_SECONDS = 60;

  private final List<String> command = new ArrayList<>();
  private final Path log;
  private @Nullable Process process;

  /**
   * @param module {@code agent} or {@code scraper}
   * @param log where its output goes
   */
  Program(String module, Path log, List<String> arguments) {
    Path script = Path.of("..", module, "target/dist/bin", module).toAbsolutePath().normalize();
    command.addAll(List.of("/bin/sh", script.toString()));
    command.addAll(arguments);
    this.log = log;
  }

  void start() throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    // Nobody shall find a cluster by accident.
    builder.environment().remove("KUBECONFIG");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    process = builder.start();
  }

  /** As a power cut. */
  void kill() throws InterruptedException {
    running().destroyForcibly().waitFor();
  }

  /** Asks it to end and waits for that; its exit status. */
  int terminate() throws InterruptedException {
    running().destroy();
    if (!running().waitFor(GOODBYE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("does not end: " + log());
    }
    int status = running().exitValue();
    // A JVM that ends after SIGTERM says so.
    return status == 143 ? 0 : status;
  }

  boolean alive() {
    return process != null && process.isAlive();
  }

  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Process running() {
    if (process == null) {
      throw new IllegalStateException("not started");
    }
    return process;
  }

  @Override
  public void close() {
    if (process != null) {
      process.destroyForcibly();
    }
  }
}
