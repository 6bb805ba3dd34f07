package io.llamamesh.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.testkit.BoundProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Our programs as processes on this machine, from the classes under test. */
final class Programs implements AutoCloseable {
  private static final String AGENT = "io.llamamesh.agent.main.AgentMain";
  private static final String REGISTRY = "io.llamamesh.registry.main.RegistryMain";
  private static final String SCRAPER = "io.llamamesh.scraper.main.ScraperMain";

  /** The command of a store, which is none of our programs. */
  private static final String STORE = "store";

  private static final long SECONDS = 45;

  private final Path folder;
  private final Map<String, Process> processes = new LinkedHashMap<>();
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  Programs(Path folder) {
    this.folder = folder;
  }

  /**
   * Starts a program.
   *
   * @param name of the process here; one that has ended is replaced
   * @param prefix command that runs it in another network; empty for this one
   * @param args its command first
   */
  void start(String name, List<String> prefix, List<String> args)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            // The store remembers all that was ever written to it.
            args.getFirst().equals(STORE) ? "-Xmx512m" : "-Xmx96m",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            switch (args.getFirst()) {
              case "agent" -> AGENT;
              case "registry" -> REGISTRY;
              case STORE -> StoreMain.class.getName();
              default -> SCRAPER;
            }));
    command.addAll(args.getFirst().equals(STORE) ? args.subList(1, args.size()) : args);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log(name).toFile()));
    processes.put(name, BoundProcess.start(builder));
  }

  /** Kills a process, which has no say in it. */
  void kill(String name) {
    Process process = process(name);
    process.destroyForcibly();
    try {
      assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Asks a process to end, and waits until it has. */
  void end(String name) throws InterruptedException {
    Process process = process(name);
    process.destroy();
    assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).as(logs()).isTrue();
  }

  boolean isAlive(String name) {
    return process(name).isAlive();
  }

  private Process process(String name) {
    Process process = processes.get(name);
    if (process == null) {
      throw new IllegalArgumentException("no process " + name);
    }
    return process;
  }

  /** The body of an answer with status 200; else an IOException. */
  String get(String url) throws IOException, InterruptedException {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(5)).build(),
            HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException(url + " gave " + answer.statusCode() + ": " + answer.body());
    }
    return answer.body();
  }

  /** A port that was free a moment ago. */
  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private Path log(String name) {
    return folder.resolve(name + ".log");
  }

  /** What that process has said. */
  String logOf(String name) {
    try {
      return Files.readString(log(name), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What all have said. */
  String logs() {
    StringBuilder logs = new StringBuilder();
    processes.forEach((name, process) ->
        logs.append('\n')
            .append(name)
            .append(process.isAlive() ? ":\n" : " (ended):\n")
            .append(logOf(name)));
    return logs.toString();
  }

  @Override
  public void close() {
    processes.values().forEach(Process::destroyForcibly);
    try {
      for (Process process : processes.values()) {
        var _ = process.waitFor(SECONDS, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    http.shutdownNow();
  }
}
