package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/**
 * A program of another project that speaks LLAMA's protocol, running in a namespace. Where it can
 * be had is told by an environment variable that names a folder; without it, tests are skipped.
 */
final class ForeignProgram implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int HTTP_MILLIS = 5000;

  /** A project with such programs. */
  enum Project {
    LLAMA("LLAMA_GO", "collector and reflector of dropbox/llama"),
    UDPROBE("UDPROBE_GO", "collector and reflector of nsw3550/udprobe"),
    PYTHON("LLAMA_PYTHON", "llama_reflector and llama_sender of dropbox/llama-archive");

    private final String variable;
    private final String programs;

    Project(String variable, String programs) {
      this.variable = variable;
      this.programs = programs;
    }

    /** Skips the test, saying why, where its programs are not there. */
    void required() {
      assumeThat(System.getenv(variable))
          .as(variable + " names no folder with " + programs)
          .isNotBlank();
    }

    /** Path of one of its programs. */
    String program(String name) {
      return Path.of(System.getenv(variable), name).toString();
    }

    /** Starts its reflector and returns when it listens; on all addresses, as all of them do. */
    ForeignProgram reflector(Namespace host, Path folder, int port) {
      String number = Integer.toString(port);
      List<String> command =
          switch (this) {
            case LLAMA -> List.of(program("reflector"), "-port", number);
            case UDPROBE -> List.of(program("reflector"), "-port", number, "-no-api");
            case PYTHON -> List.of(program("llama_reflector"), "--port", number);
          };
      ForeignProgram reflector = ForeignProgram.start(host, folder, command);
      reflector.until(() -> ShellCommand.run(listening(host)).contains(":" + port + " "));
      return reflector;
    }

    private static String[] listening(Namespace host) {
      return new String[] {"ip", "netns", "exec", host.name(), "ss", "-Hlnu"};
    }

    /** Starts its collector with a config in LLAMA's form; its API answers at this port. */
    ForeignProgram collector(Namespace host, Path folder, String config, int apiPort) {
      Path file = folder.resolve(name() + ".yaml");
      try {
        Files.writeString(file, config);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      String flag = this == LLAMA ? "-llama.config" : "-udprobe.config";
      ForeignProgram collector =
          ForeignProgram.start(host, folder, List.of(program("collector"), flag, file.toString()));
      collector.until(() -> collector.get(apiPort, "/status").equals("ok"));
      return collector;
    }
  }

  private final Namespace host;
  private final Path log;
  private final Process process;

  private ForeignProgram(Namespace host, Path log, Process process) {
    this.host = host;
    this.log = log;
    this.process = process;
  }

  private static ForeignProgram start(Namespace host, Path folder, List<String> program) {
    List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", host.name()));
    command.addAll(program);
    try {
      Path log = Files.createTempFile(folder, "foreign", ".log");
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      return new ForeignProgram(host, log, process);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void until(java.util.concurrent.Callable<Boolean> condition) {
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        // Nobody listens yet.
        .ignoreExceptionsInstanceOf(IllegalStateException.class)
        .until(() -> isAlive() && condition.call());
  }

  /** Asserts that it still runs; the error has its log. */
  boolean isAlive() {
    if (!process.isAlive()) {
      throw new AssertionError("it ended: " + log());
    }
    return true;
  }

  /** Its output so far. */
  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Body of an answer of its API. */
  String get(int port, String path) {
    InetAddress address = host.addresses(Stack.IPV4).getFirst();
    return host.call(() -> {
      URI uri = URI.create("http://" + address.getHostAddress() + ":" + port + path);
      HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
      connection.setConnectTimeout(HTTP_MILLIS);
      connection.setReadTimeout(HTTP_MILLIS);
      connection.setRequestProperty("Connection", "close");
      try (var body = connection.getInputStream()) {
        return new String(body.readAllBytes(), StandardCharsets.UTF_8);
      } finally {
        connection.disconnect();
      }
    });
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }
}
