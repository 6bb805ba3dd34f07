package io.llamamesh.bench.scraper;

import io.llamamesh.bench.figures.Figure;
import io.llamamesh.bench.figures.FigureGoal;
import io.llamamesh.bench.process.BenchFolder;
import io.llamamesh.bench.process.Child;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The cost of a window of so many agents for the scraper, which runs as it is shipped. */
@Command(
    name = "scraper",
    mixinStandardHelpOptions = true,
    description = {
      "The scraper as a process of its own, with its shipped JVM flags, between agents that another process plays over"
          + " HTTP and a real store (VictoriaMetrics where it is installed, else QuestDB): windows of 10 s, of each pair a"
          + " point with all its fields and one of what its reflector saw, 0.01 %% loss where nothing else is asked for.",
      "",
      "The agents retain an hour when the scraper first meets them: fifty minutes by the minute and ten in windows of"
          + " 10 s, which is what it would hold after an hour. Once it has caught up, windows are measured as they come, while"
          + " its report is read as the operator does, and its metrics and the page's data every 10 s.",
      "",
      "scraper_cpu_per_cycle is all CPU time of the process per window, collector and compilers included;"
          + " scraper_cycle_longest the longest time from the publication of a window until the store had acknowledged it from"
          + " all agents; scraper_rss_peak the most memory that the process ever had. The last figures are counted in the"
          + " store and in the scraper's memory: nothing may be missing, nothing there twice."
    })
public final class ScraperBench implements Callable<Integer> {
  private static final double CPU_SECONDS = 5;
  private static final double RSS_MEBIBYTES = 512;
  private static final int LARGEST = 1_000;
  private static final int MOST_PEERS = 64;
  private static final Duration CATCH_UP = Duration.ofMinutes(15);
  private static final Duration WORD = Duration.ofSeconds(15);
  private static final long LOOK_MILLIS = 200;

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--agents",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Agents, 2 to 10000 (default: ${DEFAULT-VALUE}).")
  private int agents;

  @Option(
      names = "--peers",
      paramLabel = "N",
      defaultValue = "64",
      description = "Peers that each probes, fewer than agents (default: ${DEFAULT-VALUE}).")
  private int peers;

  @Option(
      names = "--windows",
      paramLabel = "N",
      defaultValue = "6",
      description = "Windows that are measured, 1 to 1000 (default: ${DEFAULT-VALUE}).")
  private int measured;

  @Option(
      names = "--no-history",
      description = "The agents retain nothing at first: quicker, but memory is not an hour's.")
  private boolean noHistory;

  @Option(
      names = "--lossy",
      paramLabel = "PERCENT",
      defaultValue = "1.6",
      description =
          "Pairs that lose a probe in a window, and report every source port (default: ${DEFAULT-VALUE}; 100: a fault of"
              + " the whole network).")
  private double lossy;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (agents < 2 || agents > 10_000 || peers < 1 || peers >= agents) {
      throw wrong("--agents must be 2 to 10000, --peers at least 1 and fewer than agents");
    }
    if (!(lossy >= 0 && lossy <= 100)) {
      throw wrong("--lossy must be 0 to 100");
    }
    if (measured < 1 || measured > 1_000) {
      throw wrong("--windows must be 1 to 1000");
    }
    try (BenchFolder workspace = BenchFolder.create();
        MeasuredStore store = MeasuredStore.start(workspace.folder(), freePort())) {
      SimulatedAgentWindows windows =
          new SimulatedAgentWindows(
              agents,
              peers,
              Instant.now().getEpochSecond() / 60 * 60,
              !noHistory,
              (int) Math.round(lossy * 100));
      int port = freePort();
      try (Child played = SimulatedAgents.start(windows, port, workspace.folder());
          MeasuredScraper scraper =
              MeasuredScraper.start(
                  workspace, SimulatedAgents.addresses(agents, port), store.option())) {
        measure(new Played(windows, played), scraper, store, System.out);
      }
    }
    return 0;
  }

  /** The windows of simulated agents, and the process that serves them. */
  private record Played(SimulatedAgentWindows windows, Child agents) {
    void check() throws IOException {
      if (!agents.isAlive()) {
        throw new IOException("the played agents ended: " + agents.output().strip());
      }
    }
  }

  private void measure(Played played, MeasuredScraper scraper, MeasuredStore store, PrintStream out)
      throws IOException, InterruptedException {
    SimulatedAgentWindows windows = played.windows();
    Written written = new Written(windows);
    int from = catchUp(played, scraper, written);
    print(out, "scraper_rss_caught_up", scraper.mebibytes("VmRSS"), "MiB", FigureGoal.none());

    double cpu = scraper.cpuSeconds();
    double longest = 0;
    int behind = 0;
    for (int window = from + 1; window <= from + measured; window++) {
      waitUntil(windows.publication(window));
      scraper.look();
      scraper.metric("llamamesh_scraper_series");
      double took = cycle(played, window, scraper, written);
      longest = Math.max(longest, took);
      behind += took > SimulatedAgentWindows.SECONDS ? 1 : 0;
    }
    waitUntil(windows.publication(from + measured + 1).minusMillis(LOOK_MILLIS));
    boolean judged = agents <= LARGEST && peers <= MOST_PEERS;
    print(
        out,
        "scraper_cpu_per_cycle",
        (scraper.cpuSeconds() - cpu) / measured,
        "s",
        judged ? FigureGoal.atMost(CPU_SECONDS) : FigureGoal.none());
    print(
        out,
        "scraper_cycle_longest",
        longest,
        "s",
        FigureGoal.atMost(SimulatedAgentWindows.SECONDS));
    print(out, "scraper_windows_behind", behind, "windows", FigureGoal.atMost(0));
    print(
        out,
        "scraper_rss_peak",
        scraper.mebibytes("VmHWM"),
        "MiB",
        judged ? FigureGoal.atMost(RSS_MEBIBYTES) : FigureGoal.none());
    counts(windows, from + measured, scraper, store, out);
  }

  /** Waits until all that is published is stored; the last window of that. */
  private int catchUp(Played played, MeasuredScraper scraper, Written written)
      throws IOException, InterruptedException {
    SimulatedAgentWindows windows = played.windows();
    Instant began = Instant.now();
    Instant word = began.plus(WORD);
    while (true) {
      played.check();
      long points = scraper.pointsWritten();
      int newest = windows.published(Instant.now());
      if (newest > windows.before() && points >= written.upTo(newest)) {
        return newest;
      }
      Instant now = Instant.now();
      if (now.isAfter(began.plus(CATCH_UP))) {
        throw new IOException(
            "the scraper has not caught up in %d min: %d of %d points are stored: %s"
                .formatted(CATCH_UP.toMinutes(), points, written.upTo(newest), scraper.output()));
      }
      if (now.isAfter(word)) {
        word = now.plus(WORD);
        System.err.printf(
            "catching up: %d of %d points are stored after %d s%n",
            points, written.upTo(newest), Duration.between(began, now).toSeconds());
      }
      Child.pause(LOOK_MILLIS, () -> false);
    }
  }

  /** Seconds from a window's publication until the store had all of it. */
  private double cycle(Played played, int window, MeasuredScraper scraper, Written written)
      throws IOException, InterruptedException {
    Instant published = played.windows().publication(window);
    Instant end = published.plus(CATCH_UP);
    while (scraper.pointsWritten() < written.upTo(window)) {
      played.check();
      if (Instant.now().isAfter(end)) {
        throw new IOException("the scraper stores no more: " + scraper.output());
      }
      Child.pause(LOOK_MILLIS, () -> false);
    }
    return Duration.between(published, Instant.now()).toNanos() / 1e9;
  }

  private void counts(
      SimulatedAgentWindows windows,
      int last,
      MeasuredScraper scraper,
      MeasuredStore store,
      PrintStream out)
      throws IOException, InterruptedException {
    long missing = 0;
    long extra = 0;
    long after = windows.end(1) - SimulatedAgentWindows.SECONDS;
    for (int window = 1; window <= last; window++) {
      long difference = store.pairWindows(after, windows.end(window)) - windows.pairs();
      missing += Math.max(0, -difference);
      extra += Math.max(0, difference);
      after = windows.end(window);
    }
    print(
        out,
        "scraper_pair_windows_expected",
        (double) (last * windows.pairs()),
        "in " + store.name(),
        FigureGoal.none());
    print(out, "scraper_pair_windows_missing", (double) missing, "windows", FigureGoal.atMost(0));
    print(out, "scraper_pair_windows_extra", (double) extra, "windows", FigureGoal.atMost(0));
    double held = scraper.metric("llamamesh_scraper_series");
    print(out, "scraper_pairs_held", held, "pairs", FigureGoal.none());
    print(out, "scraper_pairs_not_held", windows.pairs() - held, "pairs", FigureGoal.atMost(0));
    print(
        out,
        "scraper_agents_not_reporting",
        agents - scraper.report().path("totals").path("agentsReporting").asDouble(),
        "agents",
        FigureGoal.atMost(0));
  }

  private static void waitUntil(Instant when) throws InterruptedException {
    Child.pause(Math.max(0, Duration.between(Instant.now(), when).toMillis()), () -> false);
  }

  private static void print(
      PrintStream out, String name, double value, String unit, FigureGoal target) {
    out.println(Figure.of(name, value, unit, target).line());
    out.flush();
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private ParameterException wrong(String message) {
    if (spec == null) {
      throw new IllegalStateException(message);
    }
    return new ParameterException(spec.commandLine(), message);
  }

  /** Number of points in the windows up to one. */
  private static final class Written {
    private final SimulatedAgentWindows windows;
    private int counted;
    private long points;

    Written(SimulatedAgentWindows windows) {
      this.windows = windows;
    }

    long upTo(int window) {
      while (counted < window) {
        points += windows.points(++counted);
      }
      if (window < counted) {
        throw new IllegalArgumentException("windows are asked for in order");
      }
      return points;
    }
  }
}
