package io.llamamesh.bench.fabric;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The promises of the fabric, each as figures. */
@Command(
    name = "fabric",
    mixinStandardHelpOptions = true,
    description = {
      "What agents that know of each other promise, by a simulator: nodes on one virtual clock and network, seeded, so"
          + " that the same options give the same figures on any machine. Figures end with the number of nodes.",
      "",
      "overlay, joins, members: connected, how soon, with how few links. detection: when nine of ten others knew of a"
          + " node without power, or of a process that stands still (also where processes wait for a processor)."
          + " false-failure, hour, pauses, far: what must not be named. asymmetric, heal: partitions. tree, subscription, bytes: what is"
          + " known, and what it costs to spread.",
      "",
      "cost alone is real: 65 nodes on loopback, and the CPU time of their threads. Let the machine be quiet for it."
    })
public final class FabricBench implements Callable<Integer> {

  private static final int FEWEST = 10;
  private static final int MOST = 10_000;

  private static final Map<String, FabricRow> ROWS = rows();

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--rows",
      paramLabel = "NAME",
      split = ",",
      description =
          "Only these: overlay, joins, members, detection, false-failure, hour, pauses, far, asymmetric, heal, tree, subscription, bytes,"
              + " cost (default: all).")
  private List<String> rows = List.of();

  @Option(
      names = "--nodes",
      paramLabel = "N",
      split = ",",
      description = "Sizes of meshes beside one of 10, 10 to 10000 (default: 200).")
  private List<Integer> nodes = List.of();

  @Option(
      names = "--minutes",
      paramLabel = "N",
      description = "Simulated minutes in which nothing may be named, 1 to 1440 (default: 5).")
  private @Nullable Integer minutes;

  @Option(
      names = "--trials",
      paramLabel = "N",
      description = "Faults in a small mesh, 1 to 1000; large ones get fewer (default: 40).")
  private @Nullable Integer trials;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Where all chance comes from (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--full",
      description =
          "The sizes that are promised: 200, 1000 and 5000 nodes, 60 minutes, 100 trials. Takes hours, and a heap of 8 GiB"
              + " (JAVA_OPTS=-Xmx8g).")
  private boolean full;

  private static Map<String, FabricRow> rows() {
    Map<String, FabricRow> rows = new LinkedHashMap<>();
    rows.put("overlay", OverlayRows::overlay);
    rows.put("joins", OverlayRows::joins);
    rows.put("members", OverlayRows::members);
    rows.put("detection", FailureRows::detection);
    rows.put("false-failure", FailureRows::falseFailure);
    rows.put("hour", QuietRows::hour);
    rows.put("pauses", QuietRows::pauses);
    rows.put("far", FailureRows::far);
    rows.put("asymmetric", PartitionRows::asymmetric);
    rows.put("heal", PartitionRows::heal);
    rows.put("tree", StateRows::tree);
    rows.put("subscription", StateRows::subscription);
    rows.put("bytes", StateRows::bytes);
    rows.put("cost", CostRow::measure);
    return rows;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    FabricSizes sizes = sizes();
    List<String> wanted = rows.isEmpty() ? List.copyOf(ROWS.keySet()) : rows;
    List<FabricRow> chosen = new ArrayList<>();
    for (String name : wanted) {
      FabricRow row = ROWS.get(name);
      if (row == null) {
        throw wrong("--rows has no " + name + ", only " + String.join(", ", ROWS.keySet()));
      }
      chosen.add(row);
    }
    for (FabricRow row : chosen) {
      row.measure(sizes, figure -> System.out.println(figure.line()));
    }
    return 0;
  }

  private FabricSizes sizes() {
    TreeSet<Integer> meshes = new TreeSet<>(List.of(FEWEST));
    meshes.addAll(!nodes.isEmpty() ? nodes : full ? List.of(200, 1_000, 5_000) : List.of(200));
    if (meshes.first() < FEWEST || meshes.last() > MOST) {
      throw wrong("--nodes must be " + FEWEST + " to " + MOST);
    }
    FabricSizes sizes =
        new FabricSizes(
            List.copyOf(meshes),
            checked("--minutes", minutes, full ? 60 : 5, 1_440),
            checked("--trials", trials, full ? 100 : 40, 1_000),
            full ? 10 : 1,
            seed);
    long heap = Runtime.getRuntime().maxMemory() >> 20;
    if (sizes.heapMebibytes() > heap) {
      throw wrong(
          sizes.largest()
              + " nodes take a heap of "
              + sizes.heapMebibytes()
              + " MiB, there are "
              + heap
              + ": set JAVA_OPTS=-Xmx"
              + sizes.heapMebibytes()
              + "m");
    }
    return sizes;
  }

  private int checked(String option, @Nullable Integer value, int standard, int most) {
    int number = value == null ? standard : value;
    if (number < 1 || number > most) {
      throw wrong(option + " must be 1 to " + most + ", was " + number);
    }
    return number;
  }

  private ParameterException wrong(String message) {
    if (spec == null) {
      throw new IllegalStateException("not called by picocli");
    }
    return new ParameterException(spec.commandLine(), message);
  }
}
