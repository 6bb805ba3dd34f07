package io.llamamesh.local.main;

import io.llamamesh.results.FabricReport;
import io.llamamesh.results.FabricReport.Blocked;
import io.llamamesh.results.FabricReport.Kind;
import io.llamamesh.results.FabricReport.Partition;
import io.llamamesh.results.FabricReport.Unreachable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The line about what the agents' fabric knows, for the terminal. */
final class FabricLine {
  private static final int MAX_NAMED = 8;

  private FabricLine() {}

  /** The line; empty where nobody is named. */
  static String of(@Nullable FabricReport fabric) {
    if (fabric == null) {
      return "";
    }
    List<String> clauses = new ArrayList<>();
    fabric.partitions().stream().limit(MAX_NAMED).map(FabricLine::clause).forEach(clauses::add);
    add(clauses, names(fabric, Kind.NODE), "unreachable");
    add(clauses, names(fabric, Kind.AGENT), "up without an agent");
    add(
        clauses,
        fabric.fabricBlocked().stream().map(Blocked::node).toList(),
        "without a link, probes arrive: TCP port of the fabric blocked");
    return String.join("; ", clauses);
  }

  private static List<String> names(FabricReport fabric, Kind kind) {
    return fabric.unreachable().stream()
        .filter(gone -> gone.kind() == kind)
        .map(Unreachable::node)
        .toList();
  }

  private static void add(List<String> clauses, List<String> names, String what) {
    if (!names.isEmpty()) {
      clauses.add(abbreviate(names) + (names.size() == 1 ? " is " : " are ") + what);
    }
  }

  private static String clause(Partition partition) {
    String way =
        switch (partition.direction()) {
          case BOTH -> "  <-x->  ";
          case A_TO_B -> "  -x->  ";
          case B_TO_A -> "  <-x-  ";
        };
    return side(partition.sideA())
        + way
        + side(partition.sideB())
        + (partition.probesOnly() ? "  (UDP only, TCP passes)" : "")
        + (partition.via().isEmpty() ? "" : "  via " + side(partition.via()));
  }

  private static String side(List<String> names) {
    return "{" + abbreviate(names) + "}";
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
