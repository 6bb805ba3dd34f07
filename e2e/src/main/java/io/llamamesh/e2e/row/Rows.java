package io.llamamesh.e2e.row;

import java.util.List;
import java.util.stream.Stream;

/** All rows, in the order in which they run. */
public final class Rows {
  private Rows() {}

  /**
   * All rows.
   *
   * @param storm which storm, for the row that has one; its seed is that of other seeded rows too
   */
  public static List<Row> all(StormSettings storm) {
    return Stream.of(
            List.of(
                InstallRows.install(),
                InstallRows.helmTest(),
                LossRows.ingress(),
                RolloutRows.rollout()),
            CutRows.all(),
            List.of(
                OutageRows.kubelet(),
                OutageRows.api(),
                OutageRows.etcd(),
                OutageRows.halfOpen(),
                NodeRows.joins(),
                NodeRows.address(),
                FabricRows.fabric(),
                OutsideRows.outside(),
                MemoryRows.agents()),
            RefusalRows.all(),
            List.of(
                UpgradeRows.upgrade(),
                InstallRows.uninstall(),
                FamilyRows.ipv6(),
                NothingLostRows.nothingLost(storm.seed()),
                StormRow.storm(storm)))
        .flatMap(List::stream)
        .toList();
  }
}
