package io.llamamesh.bench.accuracy;

import io.llamamesh.bench.figures.Figure;
import io.llamamesh.bench.figures.FigureGoal;
import io.llamamesh.bench.figures.Rounds;
import io.llamamesh.bench.process.BenchFolder;
import io.llamamesh.bench.process.Child;
import io.llamamesh.bench.reference.ReferencePrograms;
import io.llamamesh.bench.subject.CollectorSubject;
import io.llamamesh.bench.subject.ReflectorSubject;
import io.llamamesh.bench.subject.Targets;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Reported RTTs beside what C measures with kernel stamps, and loss where nothing is lost. */
@Command(
    name = "accuracy",
    mixinStandardHelpOptions = true,
    description = {
      "RTT on loopback over 100 targets, where the truth is known to be some µs: at 1,600 probes"
          + " per second without the reflector's help, at 40,000 without the reflector's residence"
          + " time. And false loss at 40,000.",
      "",
      "The uncorrected RTT is taken from a C reflector that echoes plainly; what our own reflector"
          + " adds to a C ping-pong is told apart. Percentiles are medians over pairs and windows."
    })
public final class AccuracyBench implements Callable<Integer> {

  private static final int TARGETS = 100;
  private static final int SOURCE_PORTS = 4;
  private static final int LOW = 1600;
  private static final int HIGH = 40_000;
  private static final double UNCORRECTED_RATIO = 1.5;
  private static final double CORRECTED_P50 = 8;
  private static final double CORRECTED_P99 = 25;

  /** A window is published its timeout of 1 s and 2 s of grace after its end. */
  private static final long PUBLISHED_MILLIS = 3500;

  private static final int WARM_UP_MILLIS = 12_000;
  private static final int C_SECONDS = 3;

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--windows",
      paramLabel = "N",
      defaultValue = "5",
      description = "Windows of 5 s of ours per rate (default: ${DEFAULT-VALUE}).")
  private int windows;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (windows < 1 || windows > 100) {
      throw wrong("--windows must be 1 to 100, was " + windows);
    }
    try (BenchFolder workspace = BenchFolder.create()) {
      @Nullable ReferencePrograms references = ReferencePrograms.compile(workspace).orElse(null);
      ReflectorSubject ours = ReflectorSubject.start(workspace, "0.0.0.0");
      try (Child reflector = ours.child()) {
        if (references != null) {
          uncorrected(workspace, references, ours.port(), System.out);
        } else {
          System.out.println("# no gcc: nothing to compare uncorrected RTTs with");
        }
        corrected(workspace, references, ours.port(), System.out);
        reflector.output();
      }
    }
    return 0;
  }

  private void uncorrected(
      BenchFolder workspace, ReferencePrograms references, int ourPort, PrintStream out)
      throws IOException, InterruptedException {
    try (Child plain = references.start("reflector", "0.0.0.0", 0, "plain")) {
      int port = Integer.parseInt(plain.await("port=(\\d+)", 10).group(1));
      Rounds truth = new Rounds();
      Rounds throughOurs = new Rounds();
      Rounds sameTick = new Rounds();
      Path counters = Files.createTempFile(workspace.folder(), "counters-", "");
      Measured measured;
      try (CollectorSubject collector =
          CollectorSubject.start(workspace, new Targets(TARGETS, port, SOURCE_PORTS, LOW))) {
        Child.pause(WARM_UP_MILLIS, () -> false);
        Instant from = Instant.now().plusSeconds(Targets.INTERVAL_SECONDS);
        for (int i = 0; i <= windows; i++) {
          Child.pause(1000L * Targets.INTERVAL_SECONDS, () -> false);
          collector.suspend();
          truth.add(pingPong(references, port));
          throughOurs.add(pingPong(references, ourPort));
          sameTick.add(collector(references, port, counters));
          collector.resume();
        }
        Child.pause(PUBLISHED_MILLIS, () -> false);
        measured = Measured.of(collector.points(from));
      }
      out.println(
          Figure.of(
                  "accuracy_rtt_p50_uncorrected_at_" + LOW,
                  measured.p50Micros(),
                  "µs",
                  FigureGoal.ratioAtMost(UNCORRECTED_RATIO))
              .against(truth.median())
              .line());
      // The probes of one tick wait for each other: by so much a tick differs from a ping-pong.
      out.println(
          Figure.of(
                  "accuracy_rtt_p50_uncorrected_same_tick",
                  measured.p50Micros(),
                  "µs",
                  FigureGoal.none())
              .against(sameTick.median())
              .line());
      out.println(
          Figure.of(
                  "accuracy_ping_pong_through_our_reflector",
                  throughOurs.median().orElseThrow(),
                  "µs",
                  FigureGoal.ratioAtMost(UNCORRECTED_RATIO))
              .against(truth.median())
              .line());
    }
  }

  private static double pingPong(ReferencePrograms references, int port)
      throws IOException, InterruptedException {
    return references.run(
        "p50", C_SECONDS + 30L, "pingpong", Targets.FIRST, TARGETS, port, LOW, C_SECONDS);
  }

  private static double collector(ReferencePrograms references, int port, Path counters)
      throws IOException, InterruptedException {
    return references.run(
        "p50",
        C_SECONDS + 30L,
        "collector",
        Targets.FIRST,
        TARGETS,
        port,
        SOURCE_PORTS,
        LOW,
        C_SECONDS,
        counters);
  }

  private void corrected(
      BenchFolder workspace, @Nullable ReferencePrograms references, int ourPort, PrintStream out)
      throws IOException, InterruptedException {
    Rounds p50 = new Rounds();
    Rounds p99 = new Rounds();
    Measured measured;
    try (CollectorSubject collector =
        CollectorSubject.start(workspace, new Targets(TARGETS, ourPort, SOURCE_PORTS, HIGH))) {
      Child.pause(WARM_UP_MILLIS, () -> false);
      Instant from = Instant.now().plusSeconds(Targets.INTERVAL_SECONDS);
      Child.pause(1000L * Targets.INTERVAL_SECONDS * (windows + 1), () -> false);
      Child.pause(PUBLISHED_MILLIS, () -> false);
      measured = Measured.of(collector.points(from));
      if (references != null) {
        collector.suspend();
        reference(workspace, references, p50, p99);
        collector.resume();
      }
    }
    out.println(
        Figure.of(
                "accuracy_rtt_p50_corrected_at_" + HIGH,
                measured.p50Micros(),
                "µs",
                FigureGoal.atMost(CORRECTED_P50))
            .against(p50.median())
            .line());
    out.println(
        Figure.of(
                "accuracy_rtt_p99_corrected_at_" + HIGH,
                measured.p99Micros(),
                "µs",
                FigureGoal.atMost(CORRECTED_P99))
            .against(p99.median())
            .line());
    String of = "of " + (long) measured.count("sent") + " probes";
    out.println(
        Figure.of(
                "accuracy_false_loss_at_" + HIGH, measured.count("lost"), of, FigureGoal.atMost(0))
            .line());
    for (String outcome : new String[] {"own_drop", "overload", "late", "refused", "send_error"}) {
      out.println(
          Figure.of(
                  "accuracy_" + outcome + "_at_" + HIGH,
                  measured.count(outcome),
                  of,
                  FigureGoal.none())
              .line());
    }
  }

  private void reference(
      BenchFolder workspace, ReferencePrograms references, Rounds p50, Rounds p99)
      throws IOException, InterruptedException {
    try (Child reflector = references.start("reflector", "0.0.0.0", 0)) {
      int port = Integer.parseInt(reflector.await("port=(\\d+)", 10).group(1));
      Path counters = Files.createTempFile(workspace.folder(), "counters-", "");
      for (int i = 0; i < windows; i++) {
        try (Child collector =
            references.start(
                "collector",
                Targets.FIRST,
                TARGETS,
                port,
                SOURCE_PORTS,
                HIGH,
                C_SECONDS,
                counters)) {
          String output = collector.awaitEnd(C_SECONDS + 30L);
          p50.add(ReferencePrograms.field(output, "corrected_p50"));
          p99.add(ReferencePrograms.field(output, "corrected_p99"));
        }
      }
    }
  }

  private ParameterException wrong(String message) {
    if (spec == null) {
      throw new IllegalStateException(message);
    }
    return new ParameterException(spec.commandLine(), message);
  }
}
