package io.llamamesh.bench.registry;

import io.llamamesh.bench.figures.Figure;
import io.llamamesh.bench.figures.FigureGoal;
import io.llamamesh.bench.process.BenchFolder;
import io.llamamesh.bench.process.Child;
import io.llamamesh.bench.process.Usage;
import io.llamamesh.bench.registry.SimulatedProbes.Client;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** CPU and memory of a registry with all the probes that it takes. */
@Command(
    name = "registry",
    mixinStandardHelpOptions = true,
    description =
        "CPU and memory of a registry: its probes each register and ask for their config once a minute, first as our"
            + " agents do, then, with a registry of its own, as llama-sd's. Nothing is accelerated: what is measured is"
            + " a part of a minute.")
public final class RegistryBench implements Callable<Integer> {
  private static final int LARGEST = 2_000;
  private static final double OURS_PERCENT = 2;
  private static final double LLAMA_SD_PERCENT = 15;
  private static final double RSS_MEBIBYTES = 160;
  private static final double NANOS_PER_ROUND_OF_ALL = 60e9;
  private static final long START_SECONDS = 60;
  private static final String TOKEN = "the-token-of-this-bench";

  /** All come at once in the beginning, but not faster than this. */
  private static final double JOINS_PER_SECOND = 200;

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--probes",
      paramLabel = "N",
      defaultValue = "2000",
      description = "Probes, 100 to 20000 (default: ${DEFAULT-VALUE}).")
  private int probes;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "30",
      description = "How long each kind of clients is measured (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "15",
      description = "Seconds of the same before it (default: ${DEFAULT-VALUE}).")
  private int warmUp;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (probes < 100 || probes > 20_000) {
      throw wrong("--probes must be 100 to 20000");
    }
    if (seconds < 5 || seconds > 3_600 || warmUp < 0 || warmUp > 600) {
      throw wrong("--seconds must be 5 to 3600, --warm-up 0 to 600");
    }
    for (Client client : Client.values()) {
      try (BenchFolder workspace = BenchFolder.create()) {
        measure(workspace, client, System.out);
      }
    }
    return 0;
  }

  private void measure(BenchFolder workspace, Client client, PrintStream out)
      throws IOException, InterruptedException {
    try (Child registry = start(workspace)) {
      int port =
          Integer.parseInt(
              registry.await("registry .*http://127\\.0\\.0\\.1:(\\d+)", START_SECONDS).group(1));
      SimulatedProbes all = new SimulatedProbes(port, TOKEN, client, probes);
      play(all, 0, probes, 1e9 / JOINS_PER_SECOND, true);
      // Their configs have changed with each that came; from here on nothing does.
      double joined = cpuSeconds(registry);
      play(all, 0, probes, 1e9 / JOINS_PER_SECOND, false);
      double period = NANOS_PER_ROUND_OF_ALL / probes;
      int next = play(all, 0, rounds(warmUp), period, false);
      double cpu = cpuSeconds(registry);
      long began = System.nanoTime();
      long unchanged = all.unchanged();
      play(all, next, rounds(seconds), period, false);
      double elapsed = (System.nanoTime() - began) / 1e9;
      String name = "registry_" + client.name().toLowerCase(Locale.ROOT);
      boolean judged = probes <= LARGEST;
      print(
          out,
          name + "_cpu",
          100 * (cpuSeconds(registry) - cpu) / elapsed,
          "%",
          goal(judged, client == Client.OURS ? OURS_PERCENT : LLAMA_SD_PERCENT));
      print(
          out,
          name + "_rss",
          Usage.mebibytes(registry.pid(), "VmRSS"),
          "MiB",
          goal(judged, RSS_MEBIBYTES));
      print(
          out,
          name + "_rss_peak",
          Usage.mebibytes(registry.pid(), "VmHWM"),
          "MiB",
          goal(judged, RSS_MEBIBYTES));
      print(out, name + "_cpu_all_joined", joined, "s", FigureGoal.none());
      print(out, name + "_register_answer", (double) all.registerBytes(), "B", FigureGoal.none());
      print(out, name + "_config", (double) all.configBytes(), "B", FigureGoal.none());
      print(out, name + "_rounds_per_second", rounds(seconds) / elapsed, "1/s", FigureGoal.none());
      print(
          out,
          name + "_unchanged",
          100.0 * (all.unchanged() - unchanged) / rounds(seconds),
          "%",
          FigureGoal.none());
      print(out, name + "_failed", (double) all.failures(), "answers", FigureGoal.atMost(0));
      if (all.failures() > 0) {
        out.println(all.lastFailure() + "; " + registry.output());
      }
    }
  }

  private int rounds(int ofSeconds) {
    return (int) Math.round(ofSeconds * 1e9 / (NANOS_PER_ROUND_OF_ALL / probes));
  }

  /**
   * Has probes ask in turn at a rate.
   *
   * @param registersOnly they register and do not ask for their config yet
   * @return the probe whose turn is next
   */
  private static int play(
      SimulatedProbes all, int first, int rounds, double nanosEach, boolean registersOnly)
      throws IOException, InterruptedException {
    long began = System.nanoTime();
    int probe = first;
    for (int i = 0; i < rounds; i++) {
      long wait = began + Math.round(i * nanosEach) - System.nanoTime();
      if (wait > 0) {
        TimeUnit.NANOSECONDS.sleep(wait);
      }
      if (registersOnly) {
        all.register(probe);
      } else {
        all.round(probe);
      }
      probe = (probe + 1) % all.count();
    }
    return probe;
  }

  private Child start(BenchFolder workspace) throws IOException {
    Path token = workspace.folder().resolve("token");
    Files.writeString(token, TOKEN + "\n");
    List<String> command = new ArrayList<>(BenchFolder.program("registry"));
    command.addAll(
        List.of(
            "registry",
            "--host=127.0.0.1",
            "--port=0",
            "--token-file=" + token,
            "--state-dir=" + workspace.folder().resolve("state"),
            "--trusted-proxies=127.0.0.1",
            "--max-probes=" + Math.max(probes, LARGEST)));
    return Child.start("registry", command, Map.of(), workspace.folder());
  }

  /** All of its threads since its start, those that have ended included. */
  private static double cpuSeconds(Child registry) throws IOException {
    Optional<Duration> cpu =
        ProcessHandle.of(registry.pid()).flatMap(process -> process.info().totalCpuDuration());
    if (cpu.isEmpty()) {
      throw new IOException("the registry ended: " + registry.output());
    }
    return cpu.get().toNanos() / 1e9;
  }

  private static FigureGoal goal(boolean judged, double most) {
    return judged ? FigureGoal.atMost(most) : FigureGoal.none();
  }

  private static void print(
      PrintStream out, String name, double value, String unit, FigureGoal goal) {
    out.println(Figure.of(name, value, unit, goal).line());
  }

  private ParameterException wrong(String message) {
    if (spec == null) {
      throw new IllegalStateException(message);
    }
    return new ParameterException(spec.commandLine(), message);
  }
}
