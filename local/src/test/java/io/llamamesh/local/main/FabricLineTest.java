package io.llamamesh.local.main;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.FabricReport;
import io.llamamesh.results.FabricReport.Blocked;
import io.llamamesh.results.FabricReport.Direction;
import io.llamamesh.results.FabricReport.Kind;
import io.llamamesh.results.FabricReport.Partition;
import io.llamamesh.results.FabricReport.Unreachable;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FabricLineTest {
  private static final Instant TIME = Instant.parse("2026-11-30T12:00:00Z");

  @Test
  void whereNobodyIsMissedThereIsNothingToSay() {
    assertThat(FabricLine.of(null)).isEmpty();
    assertThat(FabricLine.of(FabricReport.clear(3, TIME))).isEmpty();
  }

  @Test
  void whoIsGoneAndWhoCannotHearWhomIsNamed() {
    FabricReport report =
        new FabricReport(
            3,
            TIME,
            List.of(
                new Unreachable("node-4", TIME, Kind.NODE),
                new Unreachable("node-5", TIME, Kind.AGENT)),
            List.of(
                new Partition(
                    List.of("node-1"),
                    List.of("node-2"),
                    List.of("node-3"),
                    Direction.A_TO_B,
                    TIME),
                new Partition(
                    List.of("node-1"), List.of("node-6"), List.of(), Direction.BOTH, TIME, true)),
            List.of(new Blocked("node-7", TIME)));

    assertThat(FabricLine.of(report))
        .isEqualTo(
            "{node-1}  -x->  {node-2}  via {node-3};"
                + " {node-1}  <-x->  {node-6}  (UDP only, TCP passes);"
                + " node-4 is unreachable; node-5 is up without an agent; node-7 is without a link,"
                + " probes arrive: TCP port of the fabric blocked");
  }

  @Test
  void ofManyAFewAreNamed() {
    List<Unreachable> many =
        IntStream.range(0, 200).mapToObj(i -> new Unreachable("n" + i, TIME, Kind.NODE)).toList();

    assertThat(FabricLine.of(new FabricReport(3, TIME, many, List.of())))
        .isEqualTo("n0, n1, n2, n3, n4, n5, n6, n7 and 192 more are unreachable");
  }
}
