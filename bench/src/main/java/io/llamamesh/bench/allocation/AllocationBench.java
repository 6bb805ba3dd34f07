package io.llamamesh.bench.allocation;

import io.llamamesh.agent.collector.Collector;
import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.CollectorListener;
import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.net.NativeNetwork;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.reflector.Reflector;
import io.llamamesh.agent.reflector.ReflectorCounters;
import io.llamamesh.agent.reflector.ReflectorOptions;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.bench.figures.Figure;
import io.llamamesh.bench.figures.FigureGoal;
import io.llamamesh.bench.process.Child;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Allocation of one probe and one echo, counted by the JVM per thread. */
@Command(
    name = "allocation",
    mixinStandardHelpOptions = true,
    description =
        "Bytes that collector and reflector allocate per probe while they run steadily within a"
            + " window: codec, signing, matching of flights and accounting included. Windows are"
            + " closed outside of what is measured.")
public final class AllocationBench implements Callable<Integer> {

  private static final InetAddress HOST = InetAddress.ofLiteral("127.0.0.1");
  private static final long SECOND = 1_000_000_000L;
  private static final int FLOWS = 4;
  private static final int PROBE_BYTES = 1028;
  private static final int MAX_PPS = 1_000_000;
  private static final int WARM_UP_MILLIS = 10_000;

  /** Less than the smallest object once in sixteen probes: none per probe. */
  private static final double NOTHING = 0.5;

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Probes per second (default: ${DEFAULT-VALUE}).")
  private int rate;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "10",
      description = "How long is measured (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (rate < FLOWS || rate > 40_000 || seconds < 1 || seconds > 600) {
      throw wrong("--rate must be " + FLOWS + " to 40000, --seconds 1 to 600");
    }
    UdpNetwork network = NativeNetwork.orChannels();
    ProbeKeys keys = ProbeKeys.NONE.with(1, new byte[16], true);
    ReflectorOptions options =
        ReflectorOptions.standard(MAX_PPS, 1).withKeys(() -> keys, List.of());
    AtomicReference<Throwable> died = new AtomicReference<>();
    CollectorCounters counters = new CollectorCounters();
    try (Reflector reflector =
            Reflector.start(
                network,
                List.of(new InetSocketAddress(HOST, 0)),
                options,
                new ReflectorCounters());
        Collector collector =
            Collector.start(
                network,
                List.of(HOST),
                new SplittableRandom(7),
                new WindowArchive("bench"),
                counters,
                List::of,
                () -> keys,
                (peer, before, now) -> {},
                new Reports(died))) {
      collector.apply(plan(reflector.locals().getFirst()));
      Child.pause(WARM_UP_MILLIS, () -> died.get() != null);
      measure(counters, System.out);
    }
    Throwable cause = died.get();
    if (cause != null) {
      throw new IOException("the collector died: " + cause, cause);
    }
    return 0;
  }

  private void measure(CollectorCounters counters, PrintStream out)
      throws IOException, InterruptedException {
    long collector = thread("collector");
    long reflector = thread("reflector");
    long probes = counters.count(Outcome.RECEIVED);
    long byCollector = allocated(collector);
    long byReflector = allocated(reflector);
    Child.pause(seconds * 1000L, () -> false);
    byCollector = allocated(collector) - byCollector;
    byReflector = allocated(reflector) - byReflector;
    probes = counters.count(Outcome.RECEIVED) - probes;
    if (probes == 0) {
      throw new IOException("no probe was answered");
    }
    print(out, "allocation_per_probe", (double) byCollector, (double) probes);
    print(out, "allocation_per_echo", (double) byReflector, (double) probes);
  }

  private static void print(PrintStream out, String name, double bytes, double probes) {
    out.println(Figure.of(name, bytes / probes, "B", FigureGoal.atMost(NOTHING)).line());
  }

  private static long thread(String name) throws IOException {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().equals(name)) {
        return thread.threadId();
      }
    }
    throw new IOException("there is no thread " + name);
  }

  private static long allocated(long thread) {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    return threads.getThreadAllocatedBytes(thread);
  }

  private ProbePlan plan(InetSocketAddress target) {
    ProbePlan.TrafficClass type = new ProbePlan.TrafficClass("default", 0, 0, SECOND, PROBE_BYTES);
    return new ProbePlan(
        3600 * SECOND,
        3600 * SECOND,
        List.of(new ProbePlan.Pair(type, target, FLOWS, SECOND * FLOWS / rate, true, Map.of())));
  }

  private record Reports(AtomicReference<Throwable> died) implements CollectorListener {
    @Override
    public void targetSkipped(InetSocketAddress target, String className, String reason) {
      died.set(new IOException("cannot probe " + target + ": " + reason));
    }

    @Override
    public void unkeyedAnswer(InetSocketAddress target) {}

    @Override
    public void portsTaken(long total) {}

    @Override
    public void clockStepped(long total) {}

    @Override
    public void failed(Throwable cause) {
      died.set(cause);
    }
  }

  private ParameterException wrong(String message) {
    if (spec == null) {
      throw new IllegalStateException(message);
    }
    return new ParameterException(spec.commandLine(), message);
  }
}
