package io.llamamesh.scraper.fabric;

import io.llamamesh.results.FabricReport;
import io.llamamesh.results.FabricReport.Partition;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the fabric says, less what it says of silenced nodes: nobody is alerted of these. */
public final class SilencedFabric {

  private SilencedFabric() {}

  /**
   * The same report without silenced nodes. A partition with nobody else on one side is none.
   *
   * @param silenced names of silenced nodes
   */
  public static @Nullable FabricReport without(
      @Nullable FabricReport report, Set<String> silenced) {
    if (report == null || silenced.isEmpty()) {
      return report;
    }
    List<Partition> partitions = new ArrayList<>();
    for (Partition each : report.partitions()) {
      List<String> sideA = others(each.sideA(), silenced);
      List<String> sideB = others(each.sideB(), silenced);
      if (!sideA.isEmpty() && !sideB.isEmpty()) {
        partitions.add(
            new Partition(
                sideA, sideB, each.via(), each.direction(), each.since(), each.probesOnly()));
      }
    }
    return new FabricReport(
        report.agents(),
        report.observedAt(),
        report.unreachable().stream().filter(one -> !silenced.contains(one.node())).toList(),
        partitions,
        report.fabricBlocked().stream().filter(one -> !silenced.contains(one.node())).toList());
  }

  private static List<String> others(List<String> side, Set<String> silenced) {
    return side.stream().filter(name -> !silenced.contains(name)).toList();
  }
}
