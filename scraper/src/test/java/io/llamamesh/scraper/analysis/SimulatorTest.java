package io.llamamesh.scraper.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.MeshReport;
import io.llamamesh.results.Verdict;
import io.llamamesh.scraper.analysis.Fault.Kind;
import io.llamamesh.scraper.analysis.SimulatedMesh.Impairment;
import io.llamamesh.scraper.matrix.Cell;
import io.llamamesh.scraper.matrix.MatrixView;
import io.llamamesh.scraper.matrix.PairSeries;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The right suspect for known faults, seeded. More cases by {@code -Dsimulator.cases=N}; {@code
 * -Dsimulator.quiet=1000} is the acceptance run without faults.
 */
final class SimulatorTest {
  private static final int CASES = Integer.getInteger("simulator.cases", 60);
  private static final int QUIET = Integer.getInteger("simulator.quiet", 20);
  private static final List<Integer> SIZES = List.of(6, 12, 30, 60, 120, 300);
  private static final MeshReport.Store NO_STORE =
      new MeshReport.Store(MeshReport.Store.State.NOT_CONFIGURED, null, null, 0);

  @ParameterizedTest
  @EnumSource
  void theTopSuspectIsTheFault(Kind kind) {
    int right = 0;
    int verdicts = 0;
    StringBuilder wrong = new StringBuilder();
    for (int i = 0; i < CASES; i++) {
      SimulatedMesh mesh = mesh(kind, i);
      Fault fault = Fault.of(kind, mesh);
      MeshReport report = report(mesh, fault.impairment());
      if (!report.suspects().isEmpty() && named(fault, report.suspects().getFirst(), mesh)) {
        right++;
      } else {
        wrong.append("\n  ").append(mesh.nodes().size()).append(" nodes, ").append(fault.name());
        wrong.append(": ").append(report.suspects());
      }
      if (accepted(kind).contains(report.verdict())) {
        verdicts++;
      }
    }
    System.out.printf(
        "%-14s suspect right in %d of %d, verdict in %d%n", kind, right, CASES, verdicts);

    assertThat(right)
        .as("right suspects; wrong: %s", wrong)
        .isGreaterThanOrEqualTo(95 * CASES / 100);
    assertThat(verdicts).as("right verdicts").isGreaterThanOrEqualTo(90 * CASES / 100);
  }

  @Test
  void twoFaultsAtOnceAreBothNamed() {
    int right = 0;
    StringBuilder wrong = new StringBuilder();
    List<Kind> kinds =
        List.of(Kind.NODE_DOWN, Kind.NODE_EGRESS, Kind.NODE_INGRESS, Kind.ONE_WAY, Kind.ZONE_PAIR);
    for (int i = 0; i < CASES; i++) {
      SimulatedMesh mesh = new SimulatedMesh(SIZES.get(1 + i % (SIZES.size() - 1)), 4, 7_000L + i);
      SplittableRandom random = new SplittableRandom(i);
      Fault first = Fault.of(kinds.get(random.nextInt(3)), mesh);
      Fault second = Fault.of(kinds.get(random.nextInt(kinds.size())), mesh);
      List<MeshReport.Suspect> top =
          report(mesh, both(first.impairment(), second.impairment())).suspects().stream()
              .limit(3)
              .toList();
      boolean found =
          top.stream().anyMatch(suspect -> named(first, suspect, mesh))
              && top.stream().anyMatch(suspect -> named(second, suspect, mesh));
      if (found) {
        right++;
      } else {
        wrong.append("\n  %s, %s: %s".formatted(first.name(), second.name(), top));
      }
    }
    System.out.printf("%-14s both named in %d of %d%n", "TWO", right, CASES);

    assertThat(right).as("both named; wrong: %s", wrong).isGreaterThanOrEqualTo(90 * CASES / 100);
  }

  @Test
  void aNodeWhoseOwnProbesAllFailIsNamedWithoutAnyDirection() {
    SimulatedMesh mesh = new SimulatedMesh(300, 3, 11);
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
      SimulatedMesh mesh = new SimulatedMesh(1_000, 5, 90_000L + i);
      MeshReport report = report(mesh, (source, destination, path) -> 0);
      suspected += report.suspects().isEmpty() ? 0 : 1;
    }
    System.out.printf("%-14s suspected in %d of %d of 1000 nodes%n", "NONE", suspected, QUIET);

    assertThat(suspected).isLessThanOrEqualTo(QUIET / 1_000);
  }

  private static SimulatedMesh mesh(Kind kind, int i) {
    // With two nodes a zone at least, so that a zone is not a node.
    return new SimulatedMesh(SIZES.get(i % SIZES.size()), 3, 1_000L * kind.name().hashCode() + i);
  }

  private static boolean named(Fault fault, MeshReport.Suspect suspect, SimulatedMesh mesh) {
    if (fault.isNamedBy(suspect, mesh)) {
      return true;
    }
    // Both directions of one pair are two links; either is the pair.
    if (fault.name().startsWith("pair ")) {
      return List.of(suspect.name().split(">", -1))
          .containsAll(List.of(fault.name().substring(5).split(",", -1)));
    }
    // A node that is down is silent, so nothing tells its egress from its ingress.
    return fault.name().equals("down " + suspect.name()) && suspect.kind() == MeshReport.Kind.NODE;
  }

  private static Set<Verdict> accepted(Kind kind) {
    return switch (kind) {
      case NODE_DOWN, NODE_EGRESS, NODE_INGRESS -> Set.of(Verdict.NODE_LOSS);
      case ZONE, ZONE_PAIR -> Set.of(Verdict.ZONE_LOSS);
      case PAIR -> Set.of(Verdict.PAIR_LOSS, Verdict.ONE_WAY_LOSS);
      case ONE_PATH -> Set.of(Verdict.PARTIAL_PATH);
      case ONE_WAY -> Set.of(Verdict.ONE_WAY_LOSS);
      case LATENCY -> Set.of(Verdict.HIGH_LATENCY);
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
