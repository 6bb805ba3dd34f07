package io.llamamesh.operator.status;

import io.llamamesh.operator.status.FabricWord.Gone;
import io.llamamesh.operator.status.FabricWord.Split;
import io.llamamesh.operator.status.FabricWord.Way;
import io.llamamesh.results.FabricReport;
import io.llamamesh.results.FabricReport.Kind;
import org.jspecify.annotations.Nullable;

/** Reader of the fabric's part of a scraper's report. */
final class FabricReports {
  private FabricReports() {}

  /**
   * The fabric's word: a node of which only the agent is down is none that is gone.
   *
   * @return null where no agent's fabric is watched now
   */
  static @Nullable FabricWord word(@Nullable FabricReport report) {
    if (report == null || report.agents() == 0) {
      return null;
    }
    return new FabricWord(
        report.unreachable().stream()
            .filter(gone -> gone.kind() == Kind.NODE)
            .map(gone -> new Gone(gone.node(), gone.since()))
            .toList(),
        report.partitions().stream().map(FabricReports::split).toList());
  }

  private static Split split(FabricReport.Partition partition) {
    return new Split(
        partition.sideA(),
        partition.sideB(),
        partition.via(),
        switch (partition.direction()) {
          case BOTH -> Way.BOTH;
          case A_TO_B -> Way.A_TO_B;
          case B_TO_A -> Way.B_TO_A;
        },
        partition.since(),
        partition.probesOnly());
  }
}
