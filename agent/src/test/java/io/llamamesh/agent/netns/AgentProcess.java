package io.llamamesh.agent.netns;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.results.ResultsJson;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** One of the agent's programs as its users run it, in a namespace, with its API at port 8100. */
final class AgentProcess implements AutoCloseable {

  static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int API_PORT = 8100;
  private static final int HTTP_MILLIS = 5000;

  private final Namespace host;
  private final Path log;
  private final Process process;

  private AgentProcess(Namespace host, Path log, Process process) {
    this.host = host;
    this.log = log;
    this.process = process;
  }

  /**
   * Starts a program and returns when its API answers.
   *
   * @param folder for its log
   * @param arguments subcommand first
   */
  static AgentProcess start(Namespace host, Path folder, String... arguments) {
    AgentProcess agent = launch(host, folder, List.of(), arguments);
    agent.awaitReady();
    return agent;
  }

  /**
   * Starts a program and returns at once.
   *
   * @param environment as {@code NAME=value}
   */
  static AgentProcess launch(
      Namespace host, Path folder, List<String> environment, String... arguments) {
    // The flags of bin/agent that change what runs; the classes are those under test.
    List<String> command =
        new ArrayList<>(
            List.of(
                "ip",
                "netns",
                "exec",
                host.name(),
                // A build under nohup hands down that SIGHUP is ignored, and a JVM respects that.
                "env",
                "--default-signal=HUP"));
    command.addAll(environment);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx64m",
            "-Xmn4m",
            "-XX:+UseCompactObjectHeaders",
            "-XX:+ExitOnOutOfMemoryError",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            "io.llamamesh.agent.main.AgentMain"));
    command.addAll(List.of(arguments));
    Path log = folder.resolve(host.name() + ".log");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
      return new AgentProcess(host, log, process);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitReady() {
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .failFast(
            "the agent ended",
            () -> {
              if (!process.isAlive()) {
                throw new AssertionError(log());
              }
            })
        .ignoreExceptions()
        .until(() -> get("/readyz").contains("true"));
  }

  Namespace host() {
    return host;
  }

  /** Its output so far. */
  List<String> log() {
    try {
      return Files.readAllLines(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a signal by its name, such as {@code HUP}. */
  void signal(String name) {
    var _ = ShellCommand.run("sh", "-c", "kill -" + name + " " + process.pid());
  }

  /** Memory that it takes of the machine, in bytes; 0 when it has ended. */
  long residentBytes() {
    try {
      return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }

  boolean alive() {
    return process.isAlive();
  }

  /** Waits for the end; returns the exit code. */
  int awaitEnd() {
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError("the agent does not end: " + log());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** The body of an answer with status 200. */
  String get(String path) {
    return get(host.addresses(Stack.IPV4).getFirst(), path);
  }

  /** Status and body of an answer, by one of its host's addresses. */
  String answer(InetAddress address, String path) {
    return host.call(() -> {
      HttpURLConnection connection = open(address, path);
      int status = connection.getResponseCode();
      try (var body = status == 200 ? connection.getInputStream() : connection.getErrorStream()) {
        return status + " " + new String(body.readAllBytes(), StandardCharsets.UTF_8);
      } finally {
        connection.disconnect();
      }
    });
  }

  private String get(InetAddress address, String path) {
    return host.call(() -> {
      HttpURLConnection connection = open(address, path);
      try (var body = connection.getInputStream()) {
        return new String(body.readAllBytes(), StandardCharsets.UTF_8);
      } finally {
        connection.disconnect();
      }
    });
  }

  private static HttpURLConnection open(InetAddress address, String path) throws IOException {
    URI uri = URI.create("http://" + address.getHostAddress() + ":" + API_PORT + path);
    HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
    connection.setConnectTimeout(HTTP_MILLIS);
    connection.setReadTimeout(HTTP_MILLIS);
    // The same address is another machine in the next lab: nothing may be kept open.
    connection.setRequestProperty("Connection", "close");
    return connection;
  }

  JsonNode json(String path) {
    try {
      return ResultsJson.mapper().readTree(get(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A sample of {@code /metrics}, such as {@code llamamesh_probes_total{outcome="lost"}}. */
  double metric(String series) {
    Matcher matcher =
        Pattern.compile("^" + Pattern.quote(series) + " (\\S+)$", Pattern.MULTILINE)
            .matcher(get("/metrics"));
    if (!matcher.find()) {
      throw new AssertionError("no " + series + " in /metrics");
    }
    return Double.parseDouble(matcher.group(1));
  }

  /** All points of a pair that are retained, oldest first. */
  Stream<JsonNode> points() {
    // A cursor of another life: everything.
    JsonNode points = json("/influxdata?after=0:0&limit=1000");
    return points.valueStream().filter(p -> p.get("measurement").asText().equals("raw_stats"));
  }

  /** Sum of fields over points. */
  static double total(List<JsonNode> points, String... fields) {
    return Stream.of(fields)
        .flatMap(field -> points.stream().map(point -> point.get("fields").path(field)))
        .mapToDouble(JsonNode::asDouble)
        .sum();
  }

  /** Waits until a window that ends after this time (seconds since 1970) is published. */
  void awaitWindowAfter(long second) {
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .until(() -> points().anyMatch(point -> second(point) > second));
  }

  /** End of a point's window, in seconds since 1970. */
  static long second(JsonNode point) {
    return java.time.Instant.parse(point.get("time").asText()).getEpochSecond();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    awaitEnd();
  }
}
