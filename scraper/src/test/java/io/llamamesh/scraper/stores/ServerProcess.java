package io.llamamesh.scraper.stores;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A program in a process of its own, whose output goes to a file. */
public final class ServerProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final List<String> command;
  private final Map<String, String> variables;
  private final Path log;
  private @Nullable Process process;

  public ServerProcess(List<String> command, Map<String, String> variables, Path log) {
    this.command = List.copyOf(command);
    this.variables = Map.copyOf(variables);
    this.log = log;
  }

  /** A Java program with this test's classes. */
  public static List<String> java(String mainClass, List<String> flags) {
    List<String> command = new java.util.ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    // Surefire's own class path is a manifest that names this one.
    String classes = System.getProperty("surefire.test.class.path");
    command.addAll(
        List.of("-cp", classes == null ? System.getProperty("java.class.path") : classes));
    command.add(mainClass);
    return command;
  }

  /** Starts it, and waits until it is ready. */
  public void start(Callable<Boolean> ready) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    // Nobody shall find a cluster by accident.
    builder.environment().remove("KUBECONFIG");
    builder.environment().putAll(variables);
    process = builder.start();
    await().atMost(PATIENCE).ignoreExceptions().until(() -> !process().isAlive() || ready.call());
    if (!process().isAlive()) {
      throw new IOException(command.getFirst() + " ended at once, see " + log);
    }
  }

  public boolean alive() {
    return process != null && process.isAlive();
  }

  public Process process() {
    if (process == null) {
      throw new IllegalStateException("not started");
    }
    return process;
  }

  /** As a power cut: nothing is written any more. */
  public void kill() throws InterruptedException {
    process().destroyForcibly().waitFor();
  }

  /** Asks it to end, and waits for that. */
  public int stop() throws InterruptedException {
    process().destroy();
    if (!process().waitFor(30, TimeUnit.SECONDS)) {
      kill();
    }
    return process().exitValue();
  }

  public File log() {
    return log.toFile();
  }

  @Override
  public void close() {
    if (!alive()) {
      return;
    }
    try {
      stop();
    } catch (InterruptedException e) {
      process().destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /** A port on the loopback address that nobody uses now. */
  public static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }
}
