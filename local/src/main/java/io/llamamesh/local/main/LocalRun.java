package io.llamamesh.local.main;

import io.fabric8.kubernetes.api.model.Pod;
import io.llamamesh.cli.CommandFrame;
import io.llamamesh.local.fault.Fault.Cut;
import io.llamamesh.local.fault.Fault.Down;
import io.llamamesh.results.MatrixDocument;
import io.llamamesh.results.MeshReport;
import io.llamamesh.scraper.document.MatrixTable;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One run of the command: waits for the mesh, shows it, and judges at the end whether it did what
 * it should.
 */
final class LocalRun {
  private static final Duration START_TIMEOUT = Duration.ofMinutes(2);
  private static final Duration STORE_TIMEOUT = Duration.ofSeconds(15);
  private static final long ROUND_MILLIS = 200;
  private static final long REDRAW_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long REPORT_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long FABRIC_NANOS = TimeUnit.MILLISECONDS.toNanos(400);
  private static final int MAX_NAMED = 8;

  private final LocalOptions options;
  private final LocalMesh mesh;
  private final Terminal terminal;
  private final List<String> dead;
  private final MatrixTable table;

  /** The last line about the fabric that was printed. */
  private String fabricLine = "";

  private LocalRun(LocalOptions options, LocalMesh mesh, Terminal terminal) {
    this.options = options;
    this.mesh = mesh;
    this.terminal = terminal;
    this.dead =
        options.faults().stream()
            .filter(Down.class::isInstance)
            .map(fault -> ((Down) fault).node())
            .toList();
    this.table = new MatrixTable(terminal.isInteractive(), terminal.isInteractive() ? 16 : 40);
  }

  /**
   * Runs until the time is up or the thread is interrupted.
   *
   * @return the exit status
   * @throws UserError for what the user can mend
   */
  static int run(LocalOptions options, Terminal terminal) throws Exception {
    try (LocalMesh mesh = new LocalMeshBuilder(options, terminal).start()) {
      return new LocalRun(options, mesh, terminal).run();
    } catch (InterruptedException e) {
      terminal.print("");
      terminal.progress("stopped");
      return CommandFrame.OK;
    }
  }

  private int run() throws Exception {
    printLocations();
    if (!awaitFirstMatrix()) {
      // Where all agents are in and the scraper answers, it is the pairs that are missing.
      boolean started =
          mesh.expectedPairs().members().size() == options.nodes()
              && mesh.wholeMatrix().isPresent();
      return started ? CommandFrame.BAD : CommandFrame.FAILED;
    }
    mesh.wholeMatrix().ifPresent(matrix -> terminal.print("\n" + table.render(matrix)));
    terminal.print("Ctrl-C stops everything; the page is " + mesh.pageUrl() + "\n");
    beginFaults();
    show();
    return finish();
  }

  /** Prints page, kubeconfig and logs before anybody has to wait. */
  private void printLocations() {
    terminal.print(
        "         page     "
            + mesh.pageUrl()
            // A mesh of the user's own file has what that says.
            + (options.mesh() == null
                ? ", which starts bursts with the token in " + mesh.workspace().pageToken()
                : ""));
    terminal.print("         agents   ./llama-mesh members " + mesh.agentOptions());
    terminal.print(
        "         kubectl  export KUBECONFIG="
            + mesh.workspace().kubeconfig()
            + "; kubectl get llamamesh -n "
            + mesh.namespace());
    terminal.print("         logs     " + mesh.workspace().logs());
    if (!options.faults().isEmpty()) {
      terminal.print(
          "         faults   a relay owns 127.0.0.11 and up and passes the agents' probes and fabric"
              + " only; the agents and their API are on 127.0.1.11 and up");
    }
  }

  /** Agents ready, joined, every pair reported. */
  private boolean awaitFirstMatrix() throws Exception {
    long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
    long nextWord = System.nanoTime() + REPORT_NANOS;
    boolean allReady = false;
    int lastReady = -1;
    ExpectedPairs expected = mesh.expectedPairs();
    while (System.nanoTime() - deadline < 0) {
      mesh.requireAccepted();
      int ready = mesh.agentsReady();
      if (!allReady && ready != lastReady) {
        lastReady = ready;
        terminal.progress(ready + " of " + options.nodes() + " agents ready");
      }
      allReady |= ready == options.nodes();
      if (allReady && expected.members().size() < options.nodes()) {
        expected = mesh.expectedPairs();
        if (expected.members().size() == options.nodes()) {
          terminal.progress(
              "all agents joined, " + expected.pairs().size() + " ordered pairs are probed");
        }
      }
      if (expected.members().size() == options.nodes()) {
        expected = mesh.expectedPairs();
        Optional<MatrixDocument> matrix = mesh.wholeMatrix();
        if (matrix.isPresent() && expected.missingFrom(matrix.get()).isEmpty()) {
          terminal.progress(
              "first full matrix: "
                  + expected.pairs().size()
                  + " of "
                  + expected.pairs().size()
                  + " pairs reported");
          return true;
        }
      }
      if (System.nanoTime() - nextWord >= 0) {
        nextWord = System.nanoTime() + REPORT_NANOS;
        terminal.progress(
            "waiting for the first full matrix"
                + mesh.wholeMatrix().map(LocalRun::reported).orElse(", the scraper is not up yet"));
      }
      TimeUnit.MILLISECONDS.sleep(ROUND_MILLIS);
    }
    explainTimeout(expected);
    return false;
  }

  private static String reported(MatrixDocument matrix) {
    return ": "
        + matrix.pairs().stream().filter(pair -> pair.sent() > 0).count()
        + " pairs reported so far, windows last "
        + matrix.intervalSeconds()
        + " s and are published about 3 s after their end";
  }

  /** Begins what shall be wrong only once all is well: who goes must have been there. */
  private void beginFaults() {
    for (String node : dead) {
      mesh.takeDown(node);
      terminal.progress(node + " is down from now on, as --fault asks");
    }
    if (options.faults().stream().anyMatch(Cut.class::isInstance)) {
      mesh.beginCuts();
      terminal.progress("the network is cut from now on, as --fault asks");
    }
  }

  private void explainTimeout(ExpectedPairs expected) throws InterruptedException {
    terminal.progress("no full matrix within " + START_TIMEOUT.toSeconds() + " s:");
    for (Pod pod : mesh.podsNotReady()) {
      terminal.print("  pod " + pod.getMetadata().getName() + " is not ready; its log ends with:");
      terminal.print(mesh.logTail(pod.getMetadata().getName()).indent(4));
    }
    if (expected.members().size() < options.nodes()) {
      terminal.print(
          "  " + expected.members().size() + " of " + options.nodes() + " nodes have joined");
    }
    Optional<MatrixDocument> matrix = mesh.wholeMatrix();
    if (matrix.isEmpty()) {
      terminal.print("  the scraper does not answer");
    } else {
      List<String> missing = expected.missingFrom(matrix.get());
      terminal.print("  pairs that have not reported: " + abbreviate(missing));
    }
    terminal.print(
        "  logs are in "
            + mesh.workspace().logs()
            + (mesh.workspace().temporary() ? " while this runs; keep them with --data DIR" : ""));
  }

  /** Shows the matrix until the time is up. */
  private void show() throws InterruptedException {
    long began = System.nanoTime();
    long next = began + (terminal.isInteractive() ? REDRAW_NANOS : REPORT_NANOS);
    long nextFabric = began;
    Duration runFor = options.runFor();
    while (runFor == null || System.nanoTime() - began < runFor.toNanos()) {
      TimeUnit.MILLISECONDS.sleep(ROUND_MILLIS);
      if (System.nanoTime() - nextFabric >= 0) {
        nextFabric = System.nanoTime() + FABRIC_NANOS;
        showFabric();
      }
      if (System.nanoTime() - next >= 0) {
        next += terminal.isInteractive() ? REDRAW_NANOS : REPORT_NANOS;
        if (terminal.isInteractive()) {
          mesh.latestMatrix()
              .ifPresent(matrix ->
                  terminal.redraw(
                      table.render(matrix)
                          + "\n"
                          + verdictLine(relayWarnings())
                          + (fabricLine.isEmpty() ? "" : "\nfabric " + fabricLine)
                          + "\npage "
                          + mesh.pageUrl()
                          + "   Ctrl-C stops everything"));
        } else {
          terminal.progress(verdictLine(relayWarnings()));
        }
      }
    }
  }

  /** Prints what the agents know of each other as soon as it is other than before. */
  private void showFabric() throws InterruptedException {
    Optional<MeshReport> report = mesh.report();
    String line = report.isEmpty() ? fabricLine : FabricLine.of(report.get().fabric());
    if (!line.equals(fabricLine)) {
      fabricLine = line;
      if (!terminal.isInteractive()) {
        terminal.progress(
            "fabric: " + (line.isEmpty() ? "all agents reach each other again" : line));
      }
    }
  }

  private String verdictLine(String relay) {
    try {
      return mesh.report()
          .map(report ->
              report.verdict().reason() + ": " + report.message() + stored(report) + relay)
          .orElse("the scraper does not answer");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  private String relayWarnings() {
    RelayWarnings relay = mesh.relayWarnings();
    // What is redrawn every two seconds would show news for a moment only.
    List<String> words = terminal.isInteractive() ? relay.all() : relay.sinceLastCall();
    return words.stream().map(word -> "; " + word).collect(Collectors.joining());
  }

  private static String stored(MeshReport report) {
    MeshReport.Store store = report.store();
    return store.state() == MeshReport.Store.State.UNREACHABLE
        ? "; store unreachable: " + store.message()
        : "; " + store.pointsWritten() + " points stored";
  }

  /** The final matrix, and whether the store holds what was seen. */
  private int finish() throws Exception {
    ExpectedPairs expected = mesh.expectedPairs().without(dead);
    Optional<MatrixDocument> matrix = mesh.wholeMatrix();
    if (matrix.isEmpty()) {
      terminal.progress("the scraper does not answer");
      return CommandFrame.FAILED;
    }
    terminal.print("\n" + table.render(matrix.get()));
    terminal.print(verdictLine(""));
    List<String> missing = expected.missingFrom(matrix.get());
    terminal.print(
        (expected.pairs().size() - missing.size())
            + " of "
            + expected.pairs().size()
            + " ordered pairs reported"
            + (missing.isEmpty() ? "" : "; missing: " + abbreviate(missing)));
    mesh.relayWarnings().all().forEach(words -> terminal.print("warning: " + words));
    boolean held = storeHolds(expected);
    return missing.isEmpty() && held ? CommandFrame.OK : CommandFrame.BAD;
  }

  private boolean storeHolds(ExpectedPairs expected) throws Exception {
    @Nullable Map<String, Long> rows = mesh.rowsByPair();
    if (rows == null) {
      boolean acknowledged =
          mesh.report()
              .map(r -> r.store().state() == MeshReport.Store.State.REACHABLE)
              .orElse(false);
      terminal.print(
          acknowledged
              ? "the store acknowledged all writes; rows are counted in the embedded one only"
              : "the store has not acknowledged the last write");
      return acknowledged;
    }
    Instant deadline = Instant.now().plus(STORE_TIMEOUT);
    while (rows != null
        && !rows.keySet().containsAll(expected.pairs())
        && Instant.now().isBefore(deadline)) {
      TimeUnit.MILLISECONDS.sleep(ROUND_MILLIS);
      rows = mesh.rowsByPair();
    }
    Map<String, Long> found = rows == null ? Map.of() : rows;
    List<String> absent =
        expected.pairs().stream().filter(pair -> !found.containsKey(pair)).sorted().toList();
    long sum = found.values().stream().mapToLong(Long::longValue).sum();
    terminal.print(
        "the store holds "
            + sum
            + " rows of "
            + found.size()
            + " pairs in raw_stats; what reflectors saw and single source ports are in tables of their own"
            + (absent.isEmpty() ? "" : "; none of " + abbreviate(absent)));
    return absent.isEmpty();
  }

  private static String abbreviate(List<String> names) {
    return names.size() <= MAX_NAMED
        ? String.join(", ", names)
        : String.join(", ", names.subList(0, MAX_NAMED))
            + " and "
            + (names.size() - MAX_NAMED)
            + " more";
  }
}
