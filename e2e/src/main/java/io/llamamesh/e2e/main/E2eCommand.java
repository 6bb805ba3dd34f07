package io.llamamesh.e2e.main;

import io.llamamesh.cli.CommandFrame;
import io.llamamesh.e2e.cluster.ClusterBinaries;
import io.llamamesh.e2e.cluster.ProgressLog;
import io.llamamesh.e2e.machine.RunFolder;
import io.llamamesh.e2e.row.Row;
import io.llamamesh.e2e.row.Rows;
import io.llamamesh.e2e.row.StormSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs rows on a cluster of this machine. */
@Command(
    name = "llama-mesh e2e",
    mixinStandardHelpOptions = true,
    description = {
      "Starts a real Kubernetes cluster of three nodes on this machine, installs the chart with this tree's images on"
          + " it, and checks what must hold. All of its networks are in namespaces without a way out of the machine."
          + " Needs root, and Go for what it builds once. Everything is removed at the end.",
      ""
    },
    footer = {
      "",
      "Of a row that failed, logs, objects and a picture of the page are kept in target/e2e/ROW."
    },
    exitCodeList = {
      "0:Every row passed.",
      "1:The cluster could not be made, or wrong use.",
      "2:A row failed."
    })
final class E2eCommand implements Callable<Integer> {
  private static final long STOP_SECONDS = 120;
  private static final int MAX_TIMES = 1000;
  private static final int MOST_SEEDS = 1_000_000;

  @Option(
      names = "--only",
      paramLabel = "ROW",
      description =
          "Only this row, see --list; may be given several times, and runs in that order.")
  private List<String> only = new ArrayList<>();

  @Option(
      names = "--times",
      paramLabel = "N",
      description =
          "Run the chosen rows, or all, so many times on end (default: ${DEFAULT-VALUE}).")
  private int times = 1;

  @Option(names = "--list", description = "List the rows and what must hold in each.")
  private boolean list;

  @Option(
      names = "--short",
      description = "The rows that are checked with every change: install, one fault, uninstall.")
  private boolean shortForm;

  @Option(
      names = "--keep",
      description =
          "Keep the cluster for kubectl until this program is stopped (Ctrl-C, or --down from elsewhere); alone it runs"
              + " no rows, so that nothing is installed yet.")
  private boolean keep;

  @Option(names = "--down", description = "End a cluster that runs, and remove what one left.")
  private boolean down;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description =
          "Of the rows storm and nothing-lost: the same seed is the same course (default: any, printed).")
  private long seed = new SecureRandom().nextInt(MOST_SEEDS);

  @Option(
      names = "--storm-minutes",
      paramLabel = "N",
      description = "Of the row storm: how long it is (default: ${DEFAULT-VALUE}).")
  private int stormMinutes = StormSettings.DEFAULT_MINUTES;

  @Option(names = "--check", hidden = true, description = "Check the options and do nothing.")
  private boolean check;

  private final Map<String, String> environment;

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  E2eCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws Exception {
    if (list) {
      for (Row row : all()) {
        System.out.printf("%-22s %s%n", row.name(), row.expectation());
      }
      return 0;
    }
    List<Row> rows = chosen();
    if (check) {
      return 0;
    }
    if (!System.getProperty("user.name").equals("root")) {
      throw new IOException("root is needed for network namespaces and control groups");
    }
    if (down) {
      System.out.println(RunFolder.tryTearDown() ? "removed" : "there is none");
      return 0;
    }
    Path root = Path.of(required("LLAMA_MESH_E2E_ROOT"));
    E2eRun run = new E2eRun(programs(root), root, rows, keep, new ProgressLog(System.out));
    CountDownLatch ended = new CountDownLatch(1);
    Thread main = Thread.currentThread();
    Thread hook =
        new Thread(
            () -> {
              main.interrupt();
              try {
                ended.await(STOP_SECONDS, TimeUnit.SECONDS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "stop");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      return run.run() ? CommandFrame.OK : CommandFrame.BAD;
    } finally {
      ended.countDown();
    }
  }

  private List<Row> all() {
    if (stormMinutes < StormSettings.LEAST_MINUTES || stormMinutes > StormSettings.MOST_MINUTES) {
      throw wrong(
          "--storm-minutes must be %d to %d, was %d"
              .formatted(StormSettings.LEAST_MINUTES, StormSettings.MOST_MINUTES, stormMinutes));
    }
    return Rows.all(new StormSettings(seed, stormMinutes));
  }

  private List<Row> chosen() {
    if (times < 1 || times > MAX_TIMES) {
      throw wrong("--times must be 1 to " + MAX_TIMES + ", was " + times);
    }
    List<Row> once = only.isEmpty() ? unnamed() : only.stream().map(this::named).toList();
    return Stream.generate(() -> once).limit(times).flatMap(List::stream).toList();
  }

  private List<Row> unnamed() {
    return shortForm || !keep
        ? all().stream()
            .filter(row -> !row.isOnDemand())
            .filter(row -> row.isShort() || !shortForm)
            .toList()
        : List.of();
  }

  private Row named(String name) {
    return all().stream()
        .filter(row -> row.name().equals(name))
        .findFirst()
        .orElseThrow(() -> wrong("no row is named '" + name + "': --list shows them"));
  }

  private CommandLine.ParameterException wrong(String words) {
    return new CommandLine.ParameterException(spec.commandLine(), words);
  }

  private ClusterBinaries programs(Path root) throws IOException {
    List<Path> images;
    try (Stream<Path> found = Files.list(root.resolve("images/target"))) {
      images = found.filter(file -> file.toString().endsWith("-image.tar")).sorted().toList();
    }
    String older = environment.get("LLAMA_MESH_E2E_OLDER");
    return new ClusterBinaries(
        Path.of(required("LLAMA_MESH_E2E_CLUSTER")),
        Path.of(required("LLAMA_MESH_E2E_NODE")),
        Path.of(required("LLAMA_MESH_E2E_BASE")).resolve("pause.tar"),
        images,
        older == null || older.isEmpty() ? null : Path.of(older));
  }

  /** A path that the launcher found or built. */
  private String required(String variable) throws IOException {
    String value = environment.get(variable);
    if (value == null || value.isEmpty()) {
      throw new IOException(variable + " is not set: run it by ./llama-mesh e2e");
    }
    return value;
  }
}
