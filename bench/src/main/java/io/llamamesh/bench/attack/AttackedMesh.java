package io.llamamesh.bench.attack;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A keyed mesh of real processes on loopback addresses: agents that all probe each other, a
 * scraper, a store that keeps account, a registry. One way is really bad: {@link #BAD_SOURCE} to
 * {@link #BAD_DESTINATION} loses probes.
 */
final class AttackedMesh implements AutoCloseable {

  /** Seconds of a window. */
  static final int WINDOW = 2;

  static final String BAD_SOURCE = "agent-1";
  static final String BAD_DESTINATION = "agent-2";

  /** Source ports of each pair and class. */
  static final int SOURCE_PORTS = 4;

  /** The first of them. */
  static final int BASE_PORT = 26_000;

  private static final String NET = "127.77.0.";
  private static final String PATH = "127.77.1.2";
  private static final int SCRAPER_HOST = 250;
  private static final int REGISTRY_HOST = 251;
  private static final double LOSS = 0.3;
  private static final int START_SECONDS = 120;
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final int count;
  private final Path folder;
  private final int agentPort = freePort();
  private final int fabricPort = freePort();
  private final int pagePort = freePort();
  private final int ingestPort = freePort();
  private final int registryPort = freePort();
  private final AttackLedger ledger = new AttackLedger();
  private final HostileAgent hostile = new HostileAgent();
  private final List<AttackProgram> programs = new ArrayList<>();
  private final LossyPath path;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();

  private AttackedMesh(int count, Path folder) throws IOException {
    this.count = count;
    this.folder = folder;
    this.path = new LossyPath(at(PATH, agentPort), at(NET + 2, agentPort));
  }

  /** Starts all, and returns once the verdict is right. */
  static AttackedMesh start(int agents, Path folder) throws IOException, InterruptedException {
    AttackedMesh mesh = new AttackedMesh(agents, folder);
    try {
      mesh.startAll();
      return mesh;
    } catch (IOException | InterruptedException | RuntimeException e) {
      mesh.close();
      throw e;
    }
  }

  private void startAll() throws IOException, InterruptedException {
    Path auth = Files.createDirectories(folder.resolve("auth"));
    String key = Base64.getEncoder().encodeToString("a key of a bench".getBytes(US_ASCII));
    for (String file : List.of("keys.json", "tokens.json")) {
      Files.writeString(
          auth.resolve(file),
          "[{\"id\": 3, \"key\": \"%s\", \"signFrom\": \"2020-01-01T00:00:00Z\"}]".formatted(key));
    }
    for (int i = 1; i <= count; i++) {
      programs.add(startAgent(i, auth));
    }
    StringBuilder collectors = new StringBuilder(hostile.address());
    for (int i = 1; i <= count; i++) {
      collectors.append(',').append(NET).append(i).append(':').append(agentPort);
    }
    programs.add(
        AttackProgram.start(
            "scraper",
            AttackProgram.Kind.SCRAPER,
            folder,
            List.of(
                "scraper",
                "--mesh=attacked",
                "--bind=" + NET + SCRAPER_HOST,
                "--port=" + pagePort,
                "--ingest-port=" + ingestPort,
                "--interval=" + WINDOW + "s",
                "--auth-dir=" + auth,
                "--collectors=" + collectors,
                "--influxdb-url=" + ledger.url())));
    Path token = folder.resolve("registry-token");
    Files.writeString(token, "a token of a bench\n");
    programs.add(
        AttackProgram.start(
            "registry",
            AttackProgram.Kind.REGISTRY,
            folder,
            List.of(
                "registry",
                "--host=" + NET + REGISTRY_HOST,
                "--port=" + registryPort,
                "--token-file=" + token)));
    for (int i = 1; i <= count; i++) {
      int number = i;
      await("agent " + i, () -> status(agentUrl(number) + "/readyz") == 200);
    }
    await("scraper", () -> status(pageUrl() + "/healthz") == 200);
    await("registry", () -> status(registryUrl() + "/healthz") == 200);
    path.lose(LOSS);
    await("verdict", this::isVerdictRight);
  }

  private AttackProgram startAgent(int number, Path auth) throws IOException {
    StringBuilder targets = new StringBuilder();
    for (int other = 1; other <= count; other++) {
      if (other != number) {
        boolean bad = number == 1 && other == 2;
        targets.append(
            "    - {name: agent-%d, ip: %s, port: %d}%n"
                .formatted(other, bad ? PATH : NET + other, agentPort));
      }
    }
    Path config = folder.resolve("agent-" + number + ".yaml");
    Files.writeString(
        config,
        """
        version: 1
        mesh: attacked
        source: {name: agent-%d}
        summarization: {interval: %d}
        retention: 3600
        ports: {default: {timeout: 1000, base_port: %d, payload_bytes: 200}}
        port_groups: {default: [{port: default, count: %d}]}
        rate_limits: {default: {cps: 10}}
        tests: [{targets: default, port_group: default, rate_limit: default}]
        targets:
          default:
        %s\
        """
            .formatted(number, WINDOW, BASE_PORT, SOURCE_PORTS, targets));
    return AttackProgram.start(
        "agent-" + number,
        AttackProgram.Kind.AGENT,
        folder,
        List.of(
            "agent",
            "--bind=" + NET + number,
            "--port=" + agentPort,
            "--api-port=" + agentPort,
            "--config=" + config,
            "--auth-dir=" + auth,
            "--state-dir=" + Files.createDirectories(folder.resolve("state-" + number)),
            "--fabric",
            "--fabric-port=" + fabricPort));
  }

  private void await(String what, BooleanSupplier condition)
      throws IOException, InterruptedException {
    Instant end = Instant.now().plusSeconds(START_SECONDS);
    while (!condition.getAsBoolean()) {
      String ended = ended();
      if (!ended.isEmpty() || Instant.now().isAfter(end)) {
        throw new IOException(
            what + " is not ready" + (ended.isEmpty() ? ": " + report() : ", " + ended));
      }
      Thread.sleep(Duration.ofMillis(200));
    }
  }

  private static InetSocketAddress at(String address, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(address), port);
  }

  int agents() {
    return count;
  }

  /** Reflector and API of an agent, from 1 on. */
  InetSocketAddress agent(int number) {
    return at(NET + number, agentPort);
  }

  /** Fabric of an agent, from 1 on. */
  InetSocketAddress fabric(int number) {
    return at(NET + number, fabricPort);
  }

  String agentUrl(int number) {
    return "http://" + NET + number + ":" + agentPort;
  }

  String pageUrl() {
    return "http://" + NET + SCRAPER_HOST + ":" + pagePort;
  }

  String ingestUrl() {
    return "http://" + NET + SCRAPER_HOST + ":" + ingestPort;
  }

  String registryUrl() {
    return "http://" + NET + REGISTRY_HOST + ":" + registryPort;
  }

  /** All TCP ports of HTTP that strangers reach. */
  List<InetSocketAddress> httpPorts() {
    List<InetSocketAddress> all = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      all.add(agent(i));
    }
    all.add(at(NET + SCRAPER_HOST, pagePort));
    all.add(at(NET + SCRAPER_HOST, ingestPort));
    all.add(at(NET + REGISTRY_HOST, registryPort));
    return all;
  }

  /** The bad way. */
  LossyPath path() {
    return path;
  }

  /** Where the peer of the bad way seems to be. */
  static InetAddress pathAddress() {
    return InetAddress.ofLiteral(PATH);
  }

  /** An agent that the scraper reads beside the sound ones. */
  HostileAgent hostile() {
    return hostile;
  }

  AttackLedger ledger() {
    return ledger;
  }

  List<AttackProgram> programs() {
    return programs;
  }

  /** Who has ended, in words; empty: nobody. */
  String ended() throws IOException {
    for (AttackProgram program : programs) {
      if (!program.isAlive()) {
        String said = program.output().strip();
        return program.name() + " ended: " + said.substring(Math.max(0, said.length() - 500));
      }
    }
    return "";
  }

  /** Ordered pairs of agents, as the ledger names them. */
  List<String> pairs() {
    List<String> all = new ArrayList<>();
    for (int from = 1; from <= count; from++) {
      for (int to = 1; to <= count; to++) {
        if (from != to) {
          all.add("agent-" + from + ">agent-" + to);
        }
      }
    }
    return all;
  }

  /** The bad pair, as the ledger names it. */
  static String badPair() {
    return BAD_SOURCE + ">" + BAD_DESTINATION;
  }

  /** Returns whether the report names the pair that is bad, and none beside. */
  boolean isVerdictRight() {
    JsonNode report = report();
    JsonNode worst = report.path("worstPairs").path(0);
    return report.path("totals").path("badPairs").asInt(-1) == 1
        && !report.path("verdict").asText("Healthy").equals("Healthy")
        && worst.path("source").asText().equals(BAD_SOURCE)
        && worst.path("destination").asText().equals(BAD_DESTINATION);
  }

  /** Verdict and numbers of the report in a line. */
  String verdict() {
    JsonNode report = report();
    return report.path("verdict").asText("no answer") + ": " + report.path("message").asText("");
  }

  private JsonNode report() {
    try {
      return ResultsJson.mapper().readTree(get(pageUrl() + "/api/v1/report"));
    } catch (IOException e) {
      return ResultsJson.mapper().createObjectNode();
    }
  }

  /** Status of an answer; 0 where there is none. */
  int status(String url) {
    return send(HttpRequest.newBuilder(URI.create(url)).GET()).status();
  }

  /** Status of an answer to a body; 0 where there is none. */
  int post(String url, String contentType, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url))
            .header("Content-Type", contentType)
            .POST(HttpRequest.BodyPublishers.ofString(body));
    return send(headers.length == 0 ? request : request.headers(headers)).status();
  }

  /** A sample of an agent's {@code /metrics}; negative where it does not answer. */
  double metric(int number, String series) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(agentUrl(number) + "/metrics"))
            .header("Authorization", "Bearer " + token());
    Matcher line =
        Pattern.compile("(?m)^" + Pattern.quote(series) + " (\\S+)$")
            .matcher(send(request.GET()).body());
    return line.find() ? Double.parseDouble(line.group(1)) : -1;
  }

  /** A document of an agent, with the mesh's token; an empty one where it does not answer. */
  JsonNode json(int number, String documentPath) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(agentUrl(number) + documentPath))
            .header("Authorization", "Bearer " + token());
    String body = send(request.GET()).body();
    return ResultsJson.mapper().readTree(body.isEmpty() ? "{}" : body);
  }

  private static String token() {
    return Base64.getEncoder().encodeToString("a key of a bench".getBytes(US_ASCII));
  }

  private String get(String url) throws IOException {
    Answer answer = send(HttpRequest.newBuilder(URI.create(url)).GET());
    if (answer.status() != 200) {
      throw new IOException(url + " gave " + answer.status());
    }
    return answer.body();
  }

  private record Answer(int status, String body) {}

  private Answer send(HttpRequest.Builder request) {
    try {
      HttpResponse<String> answer =
          http.send(request.timeout(TIMEOUT).build(), HttpResponse.BodyHandlers.ofString());
      return new Answer(answer.statusCode(), answer.body());
    } catch (IOException e) {
      return new Answer(0, "");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Answer(0, "");
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket tcp = new ServerSocket(0, 1, InetAddress.ofLiteral("0.0.0.0"));
        DatagramSocket udp = new DatagramSocket(tcp.getLocalPort())) {
      return udp.getLocalPort();
    }
  }

  @Override
  public void close() {
    for (AttackProgram program : programs.reversed()) {
      program.close();
    }
    http.close();
    hostile.close();
    ledger.close();
    try {
      path.close();
    } catch (IOException e) {
      // It is closed as well as it can be.
    }
  }
}
