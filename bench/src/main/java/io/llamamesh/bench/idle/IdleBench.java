package io.llamamesh.bench.idle;

import io.llamamesh.bench.figures.Figure;
import io.llamamesh.bench.figures.FigureGoal;
import io.llamamesh.bench.figures.FigureReference;
import io.llamamesh.bench.figures.Rounds;
import io.llamamesh.bench.process.BenchFolder;
import io.llamamesh.bench.process.Child;
import io.llamamesh.bench.process.ThreadActivity;
import io.llamamesh.bench.reference.Load;
import io.llamamesh.bench.reference.PacedLoad;
import io.llamamesh.bench.subject.CollectorSubject;
import io.llamamesh.bench.subject.CountingReflector;
import io.llamamesh.bench.subject.ReflectorSubject;
import io.llamamesh.bench.subject.Targets;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Wake-ups and CPU per probe at the low rates of most nodes, beside Go LLAMA's programs. */
@Command(
    name = "idle",
    mixinStandardHelpOptions = true,
    description =
        "Wake-ups a second and CPU time per probe of the collector and of the reflector at low rates, beside Go"
            + " LLAMA's where its programs are.")
public final class IdleBench implements Callable<Integer> {

  private static final double RATIO = 1;

  /** Probes per second up to which we want to be as cheap as Go LLAMA: those of most nodes. */
  private static final int MOST_QUIET = 160;

  private static final int MAX_TARGETS = 10;
  private static final int SOURCE_PORTS = 4;
  private static final int FLOWS = 4;

  /** Compilers need many probes, which a low rate takes hours for. */
  private static final int WARM_UP_RATE = 4000;

  private static final int SETTLE_MILLIS = 2000;

  /** Most that a collector's rate may differ from what it was asked for. */
  private static final double TOLERANCE = 0.25;

  private static final double LEAST_SHOWN = 0.05;

  /** What is measured. */
  private enum IdlePart {
    REFLECTOR,
    COLLECTOR
  }

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--parts",
      paramLabel = "PART",
      split = ",",
      defaultValue = "reflector,collector",
      description = "What to measure (default: ${DEFAULT-VALUE}).")
  private List<IdlePart> parts = List.of();

  @Option(
      names = "--rates",
      paramLabel = "N",
      split = ",",
      defaultValue = "16,160,500,1600",
      description = "Probes per second, several with commas (default: ${DEFAULT-VALUE}).")
  private List<Integer> rates = List.of();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Rounds, of which the median counts (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "10",
      description = "Length of a round (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "30",
      description =
          "Seconds at a high rate before anything is counted (default: ${DEFAULT-VALUE}).")
  private int warmUp;

  @Option(
      names = "--go",
      paramLabel = "FOLDER",
      defaultValue = "${env:LLAMA_GO:-}",
      description =
          "Folder with Go LLAMA's collector and reflector (default: that of the environment variable LLAMA_GO).")
  private String go = "";

  @Option(
      names = "--threads",
      description = "Also print the wake-ups of each of our threads, of the last round.")
  private boolean threads;

  /** What one round found. */
  private record Sample(ThreadActivity activity, double perSecond, double microsPerProbe) {
    static Sample of(ThreadActivity activity, double elapsedSeconds, long probes) {
      return new Sample(
          activity, activity.wakeUps() / elapsedSeconds, activity.cpuNanos() / 1e3 / probes);
    }
  }

  /** All rounds of one program at one rate. */
  private static final class Samples {
    private final Rounds wakeUps = new Rounds();
    private final Rounds cpu = new Rounds();
    private @Nullable Sample last;

    private void add(Sample sample) {
      wakeUps.add(sample.perSecond());
      cpu.add(sample.microsPerProbe());
      last = sample;
    }
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (rounds < 1 || rounds > 100 || seconds < 1 || seconds > 600 || warmUp < 0 || warmUp > 600) {
      throw wrong("--rounds must be 1 to 100, --seconds 1 to 600, --warm-up 0 to 600");
    }
    // Go LLAMA's limit of cycles has no burst below one a second, and then lets nothing through.
    if (rates.stream().anyMatch(rate -> rate < SOURCE_PORTS || rate > 100_000)) {
      throw wrong("--rates must be " + SOURCE_PORTS + " to 100000 each");
    }
    @Nullable GoPrograms programs = GoPrograms.in(go).orElse(null);
    try (BenchFolder workspace = BenchFolder.create()) {
      if (parts.contains(IdlePart.REFLECTOR)) {
        reflectors(workspace, programs, System.out);
      }
      if (parts.contains(IdlePart.COLLECTOR)) {
        collectors(workspace, programs, System.out);
      }
    }
    return 0;
  }

  private void reflectors(BenchFolder workspace, @Nullable GoPrograms programs, PrintStream out)
      throws IOException, InterruptedException {
    List<Child> children = new ArrayList<>();
    Load load = new PacedLoad();
    try {
      ReflectorSubject ours = ReflectorSubject.start(workspace, "127.0.0.1");
      children.add(ours.child());
      GoPrograms.@Nullable GoReflector theirs =
          programs == null ? null : programs.reflector(workspace);
      if (theirs != null) {
        children.add(theirs.child());
        var _ = load.run(at(theirs.port()), WARM_UP_RATE, 1, FLOWS);
      }
      if (warmUp > 0) {
        var _ = load.run(at(ours.port()), WARM_UP_RATE, warmUp, FLOWS);
      }
      for (int rate : rates) {
        Samples our = new Samples();
        Samples their = new Samples();
        for (int round = 0; round < rounds; round++) {
          our.add(reflector(load, ours.child(), ours.port(), rate));
          if (theirs != null) {
            their.add(reflector(load, theirs.child(), theirs.port(), rate));
          }
        }
        print("idle_reflector", rate, our, their, out);
      }
    } finally {
      children.forEach(Child::close);
    }
  }

  private Sample reflector(Load load, Child child, int port, int rate)
      throws IOException, InterruptedException {
    ThreadActivity before = ThreadActivity.of(child.pid());
    long from = System.nanoTime();
    Load.Result result = load.run(at(port), rate, seconds, FLOWS);
    ThreadActivity more = ThreadActivity.of(child.pid()).since(before);
    if (result.received() == 0) {
      throw new IOException("nothing is answered at port " + port + ": " + child.output());
    }
    return Sample.of(more, (System.nanoTime() - from) / 1e9, result.received());
  }

  private static InetSocketAddress at(int port) {
    return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
  }

  private void collectors(BenchFolder workspace, @Nullable GoPrograms programs, PrintStream out)
      throws IOException, InterruptedException {
    try (CountingReflector reflector = CountingReflector.start(workspace);
        CollectorSubject ours =
            CollectorSubject.start(workspace, targets(reflector.port(), WARM_UP_RATE))) {
      Child.pause(warmUp * 1000L, () -> false);
      for (int rate : rates) {
        Targets targets = targets(reflector.port(), rate);
        ours.reload(targets);
        Samples our = new Samples();
        Samples their = new Samples();
        if (programs == null) {
          for (int round = 0; round < rounds; round++) {
            our.add(collector(reflector, ours.pid(), rate));
          }
        } else {
          ours.suspend();
          try (Child theirs = programs.collector(workspace, targets)) {
            for (int round = 0; round < rounds; round++) {
              their.add(collector(reflector, theirs.pid(), rate));
              theirs.suspend();
              ours.resume();
              our.add(collector(reflector, ours.pid(), rate));
              ours.suspend();
              theirs.resume();
            }
          }
          ours.resume();
        }
        print("idle_collector", rate, our, their, out);
      }
    }
  }

  private static Targets targets(int port, int rate) {
    int count = Math.clamp(rate / SOURCE_PORTS, 1, MAX_TARGETS);
    return new Targets(count, port, SOURCE_PORTS, rate);
  }

  private Sample collector(CountingReflector reflector, long pid, int rate)
      throws IOException, InterruptedException {
    Child.pause(SETTLE_MILLIS, () -> false);
    long counted = reflector.reflected();
    ThreadActivity before = ThreadActivity.of(pid);
    long from = System.nanoTime();
    Child.pause(seconds * 1000L, () -> false);
    ThreadActivity more = ThreadActivity.of(pid).since(before);
    double elapsed = (System.nanoTime() - from) / 1e9;
    long probes = reflector.reflected() - counted;
    if (Math.abs(probes / elapsed - rate) > TOLERANCE * rate) {
      throw new IOException(
          "process " + pid + " sent " + probes + " probes in " + elapsed + " s for " + rate + "/s");
    }
    return Sample.of(more, elapsed, probes);
  }

  private void print(String part, int rate, Samples ours, Samples theirs, PrintStream out) {
    FigureGoal goal = rate <= MOST_QUIET ? FigureGoal.ratioAtMost(RATIO) : FigureGoal.none();
    out.println(line(part + "_cpu_per_probe_at_" + rate, "µs", goal, ours.cpu, theirs.cpu));
    out.println(line(part + "_wakeups_at_" + rate, "1/s", goal, ours.wakeUps, theirs.wakeUps));
    Sample last = ours.last;
    if (threads && last != null) {
      double elapsed = last.activity().wakeUps() / last.perSecond();
      last.activity()
          .byName()
          .forEach((name, counts) -> {
            double each = counts.wakeUps() / elapsed;
            if (each >= LEAST_SHOWN) {
              String figure =
                  part + "_wakeups_at_" + rate + "_of_" + name.strip().replaceAll("\\W+", "_");
              double share = counts.cpuNanos() / 1e3 / elapsed / rate;
              out.println(
                  String.format(
                      Locale.ROOT, "%s=%.1f 1/s  (%.2f µs per probe)", figure, each, share));
            }
          });
    }
  }

  private static String line(
      String name, String unit, FigureGoal goal, Rounds ours, Rounds theirs) {
    return Figure.of(name, ours.median().orElseThrow(), unit, goal)
        .against(FigureReference.GO, theirs.median())
        .line();
  }

  private ParameterException wrong(String message) {
    if (spec == null) {
      throw new IllegalStateException(message);
    }
    return new ParameterException(spec.commandLine(), message);
  }
}
