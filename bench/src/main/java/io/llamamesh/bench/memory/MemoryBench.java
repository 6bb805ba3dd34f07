package io.llamamesh.bench.memory;

import io.llamamesh.bench.figures.Figure;
import io.llamamesh.bench.figures.FigureGoal;
import io.llamamesh.bench.figures.Rounds;
import io.llamamesh.bench.process.BenchFolder;
import io.llamamesh.bench.process.Child;
import io.llamamesh.bench.process.Usage;
import io.llamamesh.bench.subject.AgentSubject;
import io.llamamesh.bench.subject.ReflectorSubject;
import io.llamamesh.bench.subject.Targets;
import java.io.IOException;
import java.io.PrintStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Memory and start of a whole agent as Kubernetes runs it. */
@Command(
    name = "memory",
    mixinStandardHelpOptions = true,
    description =
        "Resident memory of an agent with its targets over 4 source ports each, its config watched, its metrics and"
            + " results read every 5 s; and the time from its start to its first probe.")
public final class MemoryBench implements Callable<Integer> {

  private static final int TARGETS = 64;
  private static final int SOURCE_PORTS = 4;
  private static final double RSS_MEBIBYTES = 112;
  private static final double START_SECONDS = 1;
  private static final int PATIENCE_MILLIS = 20_000;
  private static final int READ_MILLIS = 5000;

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "60",
      description = "How long it runs (default: ${DEFAULT-VALUE}); the second half counts.")
  private int seconds;

  @Option(
      names = "--starts",
      paramLabel = "N",
      defaultValue = "5",
      description = "Starts, of which the median counts (default: ${DEFAULT-VALUE}).")
  private int starts;

  @Option(
      names = "--targets",
      paramLabel = "N",
      defaultValue = "64",
      description = "Targets, 1 to 2500 (default: ${DEFAULT-VALUE}, for which the target holds).")
  private int targets;

  @Option(
      names = "--per-flow",
      paramLabel = "RATE",
      defaultValue = "4",
      description =
          "Probes a second from each source port to each target, 0.1 to 100 (default:"
              + " ${DEFAULT-VALUE}).")
  private double perFlow;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (seconds < 10 || seconds > 86_400 || starts < 1 || starts > 100) {
      throw wrong("--seconds must be 10 to 86400, --starts 1 to 100");
    }
    if (targets < 1 || targets > Targets.MOST || !(perFlow >= 0.1 && perFlow <= 100)) {
      throw wrong("--targets must be 1 to " + Targets.MOST + ", --per-flow 0.1 to 100");
    }
    try (BenchFolder workspace = BenchFolder.create()) {
      start(workspace, System.out);
      memory(workspace, System.out);
    }
    return 0;
  }

  /** From the start of the process to the first datagram that reaches any target. */
  private void start(BenchFolder workspace, PrintStream out)
      throws IOException, InterruptedException {
    Rounds rounds = new Rounds();
    try (DatagramSocket target =
        new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), 0))) {
      target.setSoTimeout(PATIENCE_MILLIS);
      try (AgentSubject agents = AgentSubject.prepare(workspace, chosen(target.getLocalPort()))) {
        DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
        for (int i = 0; i < starts; i++) {
          long from = System.nanoTime();
          try (Child agent = agents.start()) {
            target.receive(packet);
            rounds.add((System.nanoTime() - from) / 1e9);
            agent.kill();
          } catch (SocketTimeoutException e) {
            throw new IOException("the agent sends no probe", e);
          }
          drain(target, packet);
        }
      }
    }
    out.println(
        Figure.of(
                "memory_start_to_first_probe",
                rounds.median().orElseThrow(),
                "s",
                FigureGoal.atMost(START_SECONDS))
            .line());
  }

  private static void drain(DatagramSocket target, DatagramPacket packet) throws IOException {
    target.setSoTimeout(200);
    try {
      while (true) {
        target.receive(packet);
      }
    } catch (SocketTimeoutException e) {
      target.setSoTimeout(PATIENCE_MILLIS);
    }
  }

  private void memory(BenchFolder workspace, PrintStream out)
      throws IOException, InterruptedException {
    double most = 0;
    double anonymous = 0;
    ReflectorSubject reflector = ReflectorSubject.start(workspace, "0.0.0.0");
    try (Child reflecting = reflector.child();
        AgentSubject agents = AgentSubject.prepare(workspace, chosen(reflector.port()));
        Child agent = agents.start();
        HttpClient http = HttpClient.newHttpClient()) {
      String api = "http://127.0.0.1:" + agent.await("api=\\[127\\.0\\.0\\.1:(\\d+)", 20).group(1);
      long from = System.nanoTime();
      double elapsed = 0;
      while (elapsed < seconds) {
        Child.pause(READ_MILLIS, () -> false);
        read(http, api + "/metrics");
        read(http, api + "/influxdata");
        elapsed = (System.nanoTime() - from) / 1e9;
        if (elapsed > seconds / 2.0) {
          most = Math.max(most, Usage.mebibytes(agent.pid(), "VmRSS"));
          anonymous = Math.max(anonymous, Usage.mebibytes(agent.pid(), "RssAnon"));
        }
      }
      double peak = Usage.mebibytes(agent.pid(), "VmHWM");
      reflecting.output();
      FigureGoal goal = targets <= TARGETS ? FigureGoal.atMost(RSS_MEBIBYTES) : FigureGoal.none();
      out.println(Figure.of("memory_rss", most, "MiB", goal).line());
      out.println(Figure.of("memory_rss_anonymous", anonymous, "MiB", FigureGoal.none()).line());
      out.println(Figure.of("memory_rss_peak", peak, "MiB", FigureGoal.none()).line());
    }
  }

  private Targets chosen(int port) {
    return new Targets(targets, port, SOURCE_PORTS, perFlow * targets * SOURCE_PORTS);
  }

  private static void read(HttpClient http, String url) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(10)).build();
    int status = http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
    if (status != 200) {
      throw new IOException(url + " gave " + status);
    }
  }

  private ParameterException wrong(String message) {
    if (spec == null) {
      throw new IllegalStateException(message);
    }
    return new ParameterException(spec.commandLine(), message);
  }
}
