package io.llamamesh.scraper.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.MeshReport;
import io.llamamesh.results.Verdict;
import io.llamamesh.scraper.analysis.SimulatedFault.Kind;
import io.llamamesh.scraper.analysis.SimulatedMesh.Impairment;
import io.llamamesh.scraper.matrix.Cell;
import io.llamamesh.scraper.matrix.MatrixView;
import io.llamamesh.scraper.matrix.PairSeries;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The right suspect for known faults, seeded, and a printed table of how often. {@code
 * -Dsimulator.cases=N} are the cases per fault kind and mesh, {@code -Dsimulator.quiet=1000} is the
 * acceptance run without faults.
 */
final class SimulatorTest {
  private static final int CASES = Integer.getInteger("simulator.cases", 3);
  private static final int QUIET = Integer.getInteger("simulator.quiet", 20);
  private static final int ZONES = 3;
  private static final MeshReport.Store NO_STORE =
      new MeshReport.Store(MeshReport.Store.State.NOT_CONFIGURED, null, null, 0);

  /** Meshes that are simulated: everyone probes everyone, or so many peers. */
  private enum Shape {
    FULL_5(5, 4),
    FULL_12(12, 11),
    FULL_30(30, 29),
    FULL_100(100, 99),
    SPARSE_30(30, 8),
    SPARSE_100(100, 16),
    SPARSE_300(300, 64),
    SPARSE_1000(1_000, 64);

    private final int nodes;
    private final int peers;

    Shape(int nodes, int peers) {
      this.nodes = nodes;
      this.peers = peers;
    }

    SimulatedMesh mesh(long seed) {
      return new SimulatedMesh(nodes, ZONES, peers, seed);
    }
  }

  private static final List<String> TABLE = new ArrayList<>();

  @AfterAll
  static void print() {
    StringBuilder head = new StringBuilder("%-22s".formatted("top suspect"));
    for (Shape shape : Shape.values()) {
      head.append("%12s".formatted(shape.name().toLowerCase(Locale.ROOT)));
    }
    System.out.println(head.append("%12s%12s".formatted("all", "verdict")));
    TABLE.forEach(System.out::println);
  }

  @ParameterizedTest
  @EnumSource
  void theTopSuspectIsTheFault(Kind kind) {
    StringBuilder row = new StringBuilder("%-22s".formatted(kind));
    StringBuilder wrong = new StringBuilder();
    int right = 0;
    int verdicts = 0;
    for (Shape shape : Shape.values()) {
      int here = 0;
      for (int i = 0; i < CASES; i++) {
        SimulatedMesh mesh = shape.mesh(1_000L * kind.name().hashCode() + i);
        SimulatedFault fault = SimulatedFault.of(kind, mesh);
        MeshReport report = report(mesh, fault.impairment());
        if (!report.suspects().isEmpty() && named(fault, report.suspects().getFirst(), mesh)) {
          here++;
        } else {
          wrong.append("\n  %s, %s: %s".formatted(shape, fault.name(), report.suspects()));
        }
        verdicts += accepted(kind).contains(report.verdict()) ? 1 : 0;
      }
      row.append("%12s".formatted(here + "/" + CASES));
      right += here;
    }
    int cases = CASES * Shape.values().length;
    TABLE.add(row.append("%12s%12s".formatted(right + "/" + cases, verdicts)).toString());

    assertThat(right)
        .as("right suspects; wrong: %s", wrong)
        .isGreaterThanOrEqualTo(95 * cases / 100);
    assertThat(verdicts).as("right verdicts").isGreaterThanOrEqualTo(90 * cases / 100);
  }

  @Test
  void twoFaultsAtOnceAreBothNamed() {
    List<Kind> kinds =
        List.of(
            Kind.NODE_DOWN,
            Kind.NODE_EGRESS,
            Kind.NODE_INGRESS,
            Kind.ONE_WAY,
            Kind.PAIR,
            Kind.ONE_PATH,
            Kind.ZONE_PAIR);
    StringBuilder row = new StringBuilder("%-22s".formatted("TWO_AT_ONCE"));
    StringBuilder wrong = new StringBuilder();
    int right = 0;
    for (Shape shape : Shape.values()) {
      int here = 0;
      for (int i = 0; i < CASES; i++) {
        SimulatedMesh mesh = shape.mesh(7_000L + i);
        SplittableRandom random = new SplittableRandom(31L * shape.nodes + i);
        SimulatedFault first = SimulatedFault.of(kinds.get(random.nextInt(3)), mesh);
        SimulatedFault second = SimulatedFault.of(kinds.get(random.nextInt(kinds.size())), mesh);
        List<MeshReport.Suspect> top =
            report(mesh, both(first.impairment(), second.impairment())).suspects().stream()
                .limit(3)
                .toList();
        if (isAmong(first, top, mesh) && isAmong(second, top, mesh)) {
          here++;
        } else {
          wrong.append("\n  %s, %s, %s: %s".formatted(shape, first.name(), second.name(), top));
        }
      }
      row.append("%12s".formatted(here + "/" + CASES));
      right += here;
    }
    int cases = CASES * Shape.values().length;
    TABLE.add(row.append("%12s".formatted(right + "/" + cases)).toString());

    assertThat(right).as("both named; wrong: %s", wrong).isGreaterThanOrEqualTo(90 * cases / 100);
  }

  private static boolean isAmong(
      SimulatedFault fault, List<MeshReport.Suspect> top, SimulatedMesh mesh) {
    return top.stream().anyMatch(suspect -> named(fault, suspect, mesh));
  }

  @Test
  void aNodeWhoseOwnProbesAllFailIsNamedWithoutAnyDirection() {
    SimulatedMesh mesh = new SimulatedMesh(300, 3, 64, 11);
    MatrixView healthy = mesh.view((source, destination, path) -> 0);
    List<PairSeries> pairs =
        healthy.pairs().stream()
            .map(pair -> pair.source().equals("node-7") ? losing(pair) : pair)
            .toList();

    MeshReport report =
        report(new MatrixView(healthy.intervalSeconds(), healthy.newest(), pairs, healthy.nodes()));

    assertThat(report.verdict()).isEqualTo(Verdict.NODE_LOSS);
    assertThat(report.suspects())
        .singleElement()
        .satisfies(suspect -> {
          assertThat(suspect.name()).isEqualTo("node-7");
          assertThat(suspect.direction()).isEqualTo(MeshReport.Direction.EGRESS);
        });
  }

  @Test
  void theDirectionOfATotalLossIsNamed() {
    SimulatedMesh mesh = new SimulatedMesh(12, 3, 11, 21);
    Impairment dead = (source, destination, path) -> isPair(source, destination) ? 1 : 0;

    MeshReport report = report(mesh, dead);

    assertThat(report.verdict()).isEqualTo(Verdict.ONE_WAY_LOSS);
    assertThat(report.suspects().getFirst().name()).isEqualTo("node-1>node-2");
    assertThat(report.message())
        .isEqualTo(
            "2 of 132 pairs are bad: pair node-1>node-2, 100% loss,"
                + " on the way there (forward), by the reflector's own count");
  }

  @Test
  void aLinkToASilentReflectorHasNoDirection() {
    SimulatedMesh mesh = new SimulatedMesh(12, 3, 11, 21);
    Impairment dead =
        new Impairment() {
          @Override
          public double loss(String source, String destination, int path) {
            return isPair(source, destination) ? 1 : 0;
          }

          @Override
          public boolean down(String node) {
            return node.equals("node-2");
          }
        };

    MeshReport report = report(mesh, dead);

    assertThat(report.verdict()).isEqualTo(Verdict.PAIR_LOSS);
    assertThat(report.message()).isEqualTo("1 of 121 pairs is bad: pair node-1>node-2, 100% loss");
  }

  private static boolean isPair(String source, String destination) {
    return source.equals("node-1") && destination.equals("node-2");
  }

  @Test
  void whereMostPairsLoseTheirLossIsNoBackground() {
    SimulatedMesh mesh = new SimulatedMesh(30, 3, 29, 12);

    MeshReport report = report(mesh, (source, destination, path) -> 0.3);

    assertThat(report.verdict()).isNotEqualTo(Verdict.HEALTHY);
    assertThat(report.totals().badPairs()).isEqualTo(30 * 29);
  }

  private static PairSeries losing(PairSeries pair) {
    List<Cell> cells =
        pair.cells().stream()
            .map(cell -> new Cell(cell.end(), 160, 140, 20, 0, 0, 0, 0.2, 0.3, 0.02))
            .toList();
    return new PairSeries(
        pair.source(), pair.destination(), pair.port(), pair.family(), cells, List.of());
  }

  @Test
  void withoutAFaultNobodyIsSuspected() {
    int suspected = 0;
    for (int i = 0; i < QUIET; i++) {
      SimulatedMesh mesh = new SimulatedMesh(1_000, 5, 64, 90_000L + i);
      MeshReport report = report(mesh, (source, destination, path) -> 0);
      suspected += report.suspects().isEmpty() ? 0 : 1;
    }
    TABLE.add(
        "%-22s%d of %d runs of 1000 nodes accuse somebody".formatted("NONE", suspected, QUIET));

    assertThat(suspected).isLessThanOrEqualTo(QUIET / 1_000);
  }

  private static boolean named(
      SimulatedFault fault, MeshReport.Suspect suspect, SimulatedMesh mesh) {
    if (fault.isNamedBy(suspect, mesh)) {
      return true;
    }
    // Both directions of one pair are two links; either is the pair.
    if (fault.name().startsWith("pair ")) {
      return List.of(suspect.name().split(">", -1))
          .containsAll(List.of(fault.name().substring(5).split(",", -1)));
    }
    if (fault.name().equals("silent " + suspect.name())) {
      return suspect.kind() == MeshReport.Kind.NODE;
    }
    // A node that is down is silent, so its egress cannot be distinguished from its ingress.
    return fault.name().equals("down " + suspect.name()) && suspect.kind() == MeshReport.Kind.NODE;
  }

  private static Set<Verdict> accepted(Kind kind) {
    return switch (kind) {
      case NODE_DOWN, NODE_EGRESS, NODE_INGRESS, NODE_EGRESS_DEAD, NODE_INGRESS_DEAD ->
          Set.of(Verdict.NODE_LOSS);
      case ZONE, ZONE_PAIR -> Set.of(Verdict.ZONE_LOSS);
      case PAIR -> Set.of(Verdict.PAIR_LOSS, Verdict.ONE_WAY_LOSS);
      case ONE_PATH -> Set.of(Verdict.PARTIAL_PATH);
      case ONE_WAY, ONE_WAY_DEAD -> Set.of(Verdict.ONE_WAY_LOSS);
      case LATENCY_NODE, LATENCY_PAIR -> Set.of(Verdict.HIGH_LATENCY);
      case ASYMMETRIC_PARTITION, TWO_SIDES, ONE_WAY_PARTITION -> Set.of(Verdict.PARTITIONED);
      case LOSSY_BLOCK -> Set.of(Verdict.BLOCK_LOSS);
      case SILENT_TARGET -> Set.of(Verdict.TARGETS_SILENT);
      case MESH_WIDE -> Set.of(Verdict.MESH_LOSS);
    };
  }

  private static Impairment both(Impairment a, Impairment b) {
    return new Impairment() {
      @Override
      public double loss(String source, String destination, int path) {
        return Math.max(a.loss(source, destination, path), b.loss(source, destination, path));
      }

      @Override
      public boolean down(String node) {
        return a.down(node) || b.down(node);
      }
    };
  }

  private static MeshReport report(SimulatedMesh mesh, Impairment impairment) {
    return report(mesh.view(impairment));
  }

  private static MeshReport report(MatrixView view) {
    return new Analysis("default", Limits.DEFAULT)
        .analyse(
            view,
            List.of(),
            NO_STORE,
            Instant.ofEpochSecond(SimulatedMesh.NEWEST + 5),
            Analysis.Past.NONE)
        .report();
  }
}
