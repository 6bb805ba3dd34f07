package io.llamamesh.scraper.document;

import io.llamamesh.results.FabricReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What agents know of each other, for the terminal: a line for each fault. */
public final class FabricLines {
  private static final int MAX_NAMES = 8;

  private FabricLines() {}

  /** Lines without their ends; none where nobody is unreachable, or nothing is known. */
  public static List<String> of(@Nullable FabricReport fabric) {
    List<String> lines = new ArrayList<>();
    if (fabric == null) {
      return lines;
    }
    for (FabricReport.Partition cut : fabric.partitions()) {
      String arrow =
          switch (cut.direction()) {
            case BOTH -> " <-x-> ";
            case A_TO_B -> " -x-> ";
            case B_TO_A -> " <-x- ";
          };
      lines.add(
          (cut.probesOnly() ? "UDP cut, TCP passes: " : "cut: ")
              + names(cut.sideA())
              + arrow
              + names(cut.sideB())
              + (cut.via().isEmpty() ? "" : " via " + names(cut.via()))
              + ", since "
              + cut.since());
    }
    for (FabricReport.Unreachable each : fabric.unreachable()) {
      if (lines.size() >= FabricReport.MAX_PARTITIONS + MAX_NAMES) {
        lines.add(String.format(Locale.ROOT, "and more, %d in all", fabric.unreachable().size()));
        break;
      }
      lines.add(
          each.node()
              + (each.kind() == FabricReport.Kind.AGENT
                  ? ": its agent is down, its host is up, since "
                  : ": unreachable, since ")
              + each.since());
    }
    if (!fabric.fabricBlocked().isEmpty()) {
      List<String> blocked =
          fabric.fabricBlocked().stream().map(FabricReport.Blocked::node).toList();
      lines.add(
          names(blocked)
              + ": the port of the fabric is blocked (TCP), probes arrive, since "
              + fabric.fabricBlocked().getFirst().since());
    }
    return lines;
  }

  private static String names(List<String> names) {
    int more = names.size() - MAX_NAMES;
    return "{"
        + String.join(", ", names.subList(0, Math.min(names.size(), MAX_NAMES)))
        + (more > 0 ? " and " + more + " more" : "")
        + "}";
  }
}
