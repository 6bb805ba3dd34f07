package io.llamamesh.bench.reflector;

import io.llamamesh.bench.figures.Figure;
import io.llamamesh.bench.figures.FigureGoal;
import io.llamamesh.bench.figures.Rounds;
import io.llamamesh.bench.process.BenchFolder;
import io.llamamesh.bench.process.Child;
import io.llamamesh.bench.process.Usage;
import io.llamamesh.bench.reference.CompiledLoad;
import io.llamamesh.bench.reference.Load;
import io.llamamesh.bench.reference.ReferencePrograms;
import io.llamamesh.bench.reference.SocketLoad;
import io.llamamesh.bench.subject.ReflectorSubject;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** CPU per echo of our reflector, or of any process that reflects, beside the C reflector's. */
@Command(
    name = "reflector",
    mixinStandardHelpOptions = true,
    description =
        "CPU time of the reflector process per echo of 1,028 bytes. With --target and --pid that of any other"
            + " reflector on this machine, under the same load.")
public final class ReflectorBench implements Callable<Integer> {

  private static final double RATIO = 1.15;
  private static final int FLOWS = 8;
  private static final int WARM_UP_SECONDS = 8;

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "40000",
      description = "Probes per second (default: ${DEFAULT-VALUE}).")
  private int rate;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Rounds, of which the median counts (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Length of a round (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--target",
      paramLabel = "HOST:PORT",
      description = "Load this reflector instead of ours.")
  private @Nullable String target;

  @Option(names = "--pid", paramLabel = "PID", description = "Its process.")
  private @Nullable Long pid;

  /** A process under load. */
  private record Contender(String name, InetSocketAddress at, long pid, Rounds cpu) {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    if ((target == null) != (pid == null)) {
      throw wrong("--target and --pid belong together");
    }
    if (rate < 1 || rounds < 1 || rounds > 100 || seconds < 1 || seconds > 600) {
      throw wrong("--rate must be positive, --rounds 1 to 100, --seconds 1 to 600");
    }
    List<Child> children = new ArrayList<>();
    try (BenchFolder workspace = BenchFolder.create()) {
      try {
        measure(workspace, children, System.out);
      } finally {
        children.forEach(Child::close);
      }
    }
    return 0;
  }

  private void measure(BenchFolder workspace, List<Child> children, PrintStream out)
      throws IOException, InterruptedException {
    ReferencePrograms references = ReferencePrograms.compile(workspace).orElse(null);
    Load load = references == null ? new SocketLoad() : new CompiledLoad(references);
    List<Contender> contenders = new ArrayList<>();
    contenders.add(target == null ? ours(workspace, children) : other(target, pid));
    if (references != null) {
      Child c = references.start("reflector", "127.0.0.1", 0);
      children.add(c);
      contenders.add(contender("c", c, Integer.parseInt(c.await("port=(\\d+)", 20).group(1))));
    }
    for (Contender contender : contenders) {
      load.run(contender.at, rate, WARM_UP_SECONDS, FLOWS);
    }
    long sent = 0;
    long answered = 0;
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < contenders.size(); i++) {
        Contender contender = contenders.get(i);
        Usage before = Usage.of(contender.pid);
        Load.Result result = load.run(contender.at, rate, seconds, FLOWS);
        long used = Usage.of(contender.pid).cpuNanosSince(before);
        if (result.received() == 0) {
          throw new IOException(contender.name + " at " + contender.at + " answers nothing");
        }
        contender.cpu.add(used / 1e3 / result.received());
        if (i == 0) {
          sent += result.sent();
          answered += result.received();
        }
      }
    }
    Contender first = contenders.getFirst();
    Contender last = contenders.getLast();
    Figure cpu =
        Figure.of(
            "reflector_cpu_per_echo",
            first.cpu.median().orElseThrow(),
            "µs",
            FigureGoal.ratioAtMost(RATIO));
    out.println(contenders.size() == 1 ? cpu.line() : cpu.against(last.cpu.median()).line());
    out.println(
        Figure.of("reflector_rate", (double) sent / rounds / seconds, "1/s", FigureGoal.none())
            .line());
    out.println(
        Figure.of("reflector_unanswered", (double) (sent - answered), "probes", FigureGoal.none())
            .line());
  }

  private static Contender ours(BenchFolder workspace, List<Child> children)
      throws IOException, InterruptedException {
    ReflectorSubject reflector = ReflectorSubject.start(workspace, "127.0.0.1");
    children.add(reflector.child());
    return contender("ours", reflector.child(), reflector.port());
  }

  private static Contender contender(String name, Child child, int port) {
    InetSocketAddress at = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
    return new Contender(name, at, child.pid(), new Rounds());
  }

  private Contender other(String hostAndPort, @Nullable Long process) {
    int colon = hostAndPort.lastIndexOf(':');
    try {
      InetSocketAddress at =
          new InetSocketAddress(
              InetAddress.ofLiteral(hostAndPort.substring(0, Math.max(0, colon))),
              Integer.parseInt(hostAndPort.substring(colon + 1)));
      return new Contender("target", at, process == null ? 0 : process, new Rounds());
    } catch (IllegalArgumentException e) {
      throw wrong("--target must be ADDRESS:PORT, was '" + hostAndPort + "'");
    }
  }

  private ParameterException wrong(String message) {
    if (spec == null) {
      throw new IllegalStateException(message);
    }
    return new ParameterException(spec.commandLine(), message);
  }
}
