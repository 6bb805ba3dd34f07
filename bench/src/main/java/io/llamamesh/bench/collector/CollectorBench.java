package io.llamamesh.bench.collector;

import io.llamamesh.bench.figures.Figure;
import io.llamamesh.bench.figures.FigureGoal;
import io.llamamesh.bench.figures.Rounds;
import io.llamamesh.bench.process.BenchFolder;
import io.llamamesh.bench.process.Child;
import io.llamamesh.bench.process.Usage;
import io.llamamesh.bench.reference.ReferencePrograms;
import io.llamamesh.bench.subject.CollectorSubject;
import io.llamamesh.bench.subject.ReflectorSubject;
import io.llamamesh.bench.subject.Targets;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** CPU per probe of our collector beside the C collector's with the same tick. */
@Command(
    name = "collector",
    mixinStandardHelpOptions = true,
    description =
        "CPU time of the collector process per probe, 100 targets over 4 source ports each, sending, reading and"
            + " accounting included.")
public final class CollectorBench implements Callable<Integer> {

  private static final double RATIO = 1.25;
  private static final int TARGETS = 100;
  private static final int SOURCE_PORTS = 4;
  private static final int SETTLE_MILLIS = 1000;

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--rates",
      paramLabel = "N",
      split = ",",
      defaultValue = "1600,40000",
      description = "Probes per second, several with commas (default: ${DEFAULT-VALUE}).")
  private List<Integer> rates = List.of();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Rounds, of which the median counts (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "4",
      description = "Length of a round (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "60",
      description =
          "Seconds that ours runs before it is measured; at a low rate its compilers need that long"
              + " (default: ${DEFAULT-VALUE}).")
  private int warmUp;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (rounds < 1 || rounds > 100 || seconds < 1 || seconds > 600 || warmUp < 0 || warmUp > 600) {
      throw wrong("--rounds must be 1 to 100, --seconds 1 to 600, --warm-up 0 to 600");
    }
    if (rates.stream().anyMatch(rate -> rate < 1 || rate > 1_000_000)) {
      throw wrong("--rates must be 1 to 1000000 each");
    }
    try (BenchFolder workspace = BenchFolder.create()) {
      @Nullable ReferencePrograms references = ReferencePrograms.compile(workspace).orElse(null);
      Child reflector =
          references == null
              ? ReflectorSubject.start(workspace, "0.0.0.0").child()
              : references.start("reflector", "0.0.0.0", 0);
      try (reflector) {
        int port =
            Integer.parseInt(reflector.await("(?:port=|reflector=\\S*?:)(\\d+)", 20).group(1));
        for (int rate : rates) {
          measure(workspace, references, port, rate, System.out);
        }
      }
    }
    return 0;
  }

  private void measure(
      BenchFolder workspace,
      @Nullable ReferencePrograms references,
      int port,
      int rate,
      PrintStream out)
      throws IOException, InterruptedException {
    Rounds ours = new Rounds();
    Rounds theirs = new Rounds();
    long sent;
    long lost;
    try (CollectorSubject collector =
        CollectorSubject.start(workspace, new Targets(TARGETS, port, SOURCE_PORTS, rate))) {
      Child.pause(warmUp * 1000L, () -> false);
      for (int round = 0; round < rounds; round++) {
        ours.add(ours(collector));
        if (references != null) {
          collector.suspend();
          theirs.add(theirs(references, workspace, port, rate));
          collector.resume();
        }
      }
      sent = collector.probes("sent");
      lost = collector.probes("lost");
    }
    out.println(
        Figure.of(
                "collector_cpu_per_probe_at_" + rate,
                ours.median().orElseThrow(),
                "µs",
                FigureGoal.ratioAtMost(RATIO))
            .against(theirs.median())
            .line());
    out.println(
        Figure.of(
                "collector_lost_at_" + rate,
                (double) lost,
                "of " + sent + " probes",
                FigureGoal.none())
            .line());
  }

  /** One round of ours: counters and CPU time are read apart, so that reading costs it nothing. */
  private double ours(CollectorSubject collector) throws IOException, InterruptedException {
    Child.pause(SETTLE_MILLIS, () -> false);
    long countedFrom = System.nanoTime();
    long before = collector.probes("sent");
    Child.pause(SETTLE_MILLIS, () -> false);
    Usage usage = Usage.of(collector.pid());
    long from = System.nanoTime();
    Child.pause(seconds * 1000L, () -> false);
    double used = Usage.of(collector.pid()).cpuNanosSince(usage);
    double measured = (double) (System.nanoTime() - from);
    long more = collector.probes("sent") - before;
    double rate = (double) more / (System.nanoTime() - countedFrom);
    return used / 1e3 / (rate * measured);
  }

  private double theirs(ReferencePrograms references, BenchFolder workspace, int port, int rate)
      throws IOException, InterruptedException {
    Path counters = Files.createTempFile(workspace.folder(), "counters-", "");
    int total = seconds + 2;
    try (Child collector =
        references.start(
            "collector", Targets.FIRST, TARGETS, port, SOURCE_PORTS, rate, total, counters)) {
      Child.pause(SETTLE_MILLIS, () -> false);
      Usage usage = Usage.of(collector.pid());
      long before = sent(counters);
      Child.pause(seconds * 1000L, () -> false);
      double used = Usage.of(collector.pid()).cpuNanosSince(usage);
      return used / 1e3 / (sent(counters) - before);
    }
  }

  private static long sent(Path counters) throws IOException {
    return ByteBuffer.wrap(Files.readAllBytes(counters)).order(ByteOrder.nativeOrder()).getLong(0);
  }

  private ParameterException wrong(String message) {
    if (spec == null) {
      throw new IllegalStateException(message);
    }
    return new ParameterException(spec.commandLine(), message);
  }
}
