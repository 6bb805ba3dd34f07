package io.llamamesh.bench.micro;

import io.llamamesh.bench.figures.Figure;
import io.llamamesh.bench.figures.FigureGoal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The steps of the steady path alone, and what each leaves to the garbage collector. */
@Command(
    name = "micro",
    mixinStandardHelpOptions = true,
    description =
        "JMH: codec, a probe's flight through the collector, the accounting of windows, without a"
            + " network. Times are for comparing one version with another; bytes per operation are"
            + " what counts: none on the steady path.")
public final class MicroBench implements Callable<Integer> {

  /** Less than one smallest object in 800 operations: what the harness itself does. */
  static final double NOTHING = 0.01;

  private static final String ALLOCATED = "gc.alloc.rate.norm";
  private static final String[] AS_AN_AGENT = {
    "-XX:+UseSerialGC",
    "-Xmx48m",
    "-XX:+UseCompactObjectHeaders",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow"
  };

  /** A method that is measured, and what it may allocate. */
  record Measured(Class<?> type, String method, FigureGoal allocated) {

    String figure() {
      String group = type.getSimpleName().replace("Micro", "");
      return "micro_" + words(group) + "_" + words(method);
    }

    private static String words(String camel) {
      return camel.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
    }

    private String pattern() {
      return "^" + type.getName().replace(".", "\\.") + "\\." + method + "$";
    }
  }

  private static final FigureGoal NONE = FigureGoal.atMost(NOTHING);

  static final List<Measured> ALL =
      List.of(
          new Measured(CodecMicro.class, "parse", NONE),
          new Measured(CodecMicro.class, "write", NONE),
          new Measured(CodecMicro.class, "writeAndSign", NONE),
          new Measured(CodecMicro.class, "verify", NONE),
          new Measured(FlightMicro.class, "answered", NONE),
          new Measured(FlightMicro.class, "settledAsLost", NONE),
          // What is published is kept: that is no garbage.
          new Measured(WindowMicro.class, "pairAndWindow", FigureGoal.none()));

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "5",
      description =
          "How long each is measured, after as long a warm-up (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Override
  public Integer call() throws IOException {
    if (seconds < 1 || seconds > 60) {
      if (spec == null) {
        throw new IllegalStateException("not called by picocli");
      }
      throw new ParameterException(spec.commandLine(), "--seconds must be 1 to 60, was " + seconds);
    }
    for (Measured one : ALL) {
      figures(one, run(one, seconds, TimeValue.seconds(1), 1))
          .forEach(figure -> System.out.println(figure.line()));
    }
    return 0;
  }

  /**
   * Runs one benchmark.
   *
   * @param rounds of warm-up, and as many that count
   * @param forks processes of their own; 0 measures in this one, which only a test wants
   */
  static RunResult run(Measured one, int rounds, TimeValue length, int forks) throws IOException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include(one.pattern())
            .mode(Mode.AverageTime)
            .timeUnit(TimeUnit.NANOSECONDS)
            .warmupIterations(rounds)
            .warmupTime(length)
            .measurementIterations(rounds)
            .measurementTime(length)
            .forks(forks)
            .jvmArgs(AS_AN_AGENT)
            .addProfiler(GCProfiler.class)
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT);
    try {
      return new Runner(options.build()).runSingle();
    } catch (RunnerException e) {
      throw new IOException(one.figure() + " cannot be measured: " + e.getMessage(), e);
    }
  }

  static List<Figure> figures(Measured one, RunResult result) throws IOException {
    List<Figure> figures = new ArrayList<>();
    figures.add(
        Figure.of(one.figure(), result.getPrimaryResult().getScore(), "ns/op", FigureGoal.none()));
    Result<?> allocated = result.getSecondaryResults().get(ALLOCATED);
    if (allocated == null) {
      throw new IOException("the profiler told no " + ALLOCATED);
    }
    figures.add(
        Figure.of(one.figure() + "_allocated", allocated.getScore(), "B/op", one.allocated()));
    return figures;
  }
}
