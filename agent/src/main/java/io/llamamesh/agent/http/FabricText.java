package io.llamamesh.agent.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.llamamesh.results.FabricMembers;
import io.llamamesh.results.FabricPartitions;
import io.llamamesh.results.FabricPath;
import io.llamamesh.results.FabricRoutes;
import io.llamamesh.results.FabricState;
import io.llamamesh.results.ResultsJson;
import java.util.ArrayList;
import java.util.List;

/** Documents of the fabric's API as the command line prints them. */
public final class FabricText {

  private static final int SHOWN_NEIGHBORS = 8;

  /**
   * A document for people and programs.
   *
   * @param document what the agent answered
   * @param text for people, lines with their ends
   * @param isWell no member is failed, cut off or blocked, and there is no partition
   */
  public record Answer(Object document, String text, boolean isWell) {
    /** The document in lines, with their ends. */
    public String json() {
      try {
        return ResultsJson.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(document)
            + "\n";
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("our own documents can be written", e);
      }
    }

    /** The document in one line, with its end. */
    public String jsonLine() {
      try {
        return ResultsJson.mapper().writeValueAsString(document) + "\n";
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("our own documents can be written", e);
      }
    }
  }

  private FabricText() {}

  /** A table of members. */
  public static Answer members(FabricMembers document) {
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"NAME", "STATE", "HEARD", "ADDRESS", "INCARNATION", "NEIGHBORS"});
    boolean well = true;
    for (FabricMembers.Member member : document.members()) {
      FabricState state = member.state();
      well &= !state.isUnreachable() && state != FabricState.UNKNOWN && !member.fabricBlocked();
      Double heard = member.heardSecondsAgo();
      rows.add(
          new String[] {
            member.name(),
            member.fabricBlocked() ? state.label() + ", fabric blocked" : state.label(),
            heard == null ? "-" : heard + "s ago",
            member.address(),
            Long.toString(member.incarnation()),
            names(member.neighbors())
          });
    }
    return new Answer(document, TextTable.of(rows), well);
  }

  /** A table of routes. */
  public static Answer routes(FabricRoutes document) {
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"NODE", "HOPS", "VIA"});
    for (FabricRoutes.Node node : document.nodes()) {
      Integer distance = node.distance();
      String parent = node.parent();
      rows.add(
          new String[] {
            node.name(),
            distance == null ? "unreachable" : distance.toString(),
            parent == null ? "-" : parent
          });
    }
    return new Answer(document, "from " + document.origin() + "\n" + TextTable.of(rows), true);
  }

  /** A route in one line. */
  public static Answer path(FabricPath document) {
    return new Answer(
        document,
        document.path().isEmpty()
            ? "no route from " + document.from() + " to " + document.to() + "\n"
            : String.join(" > ", document.path()) + "\n",
        !document.path().isEmpty());
  }

  /** A line for each partition. */
  public static Answer partitions(FabricPartitions document) {
    StringBuilder text = new StringBuilder();
    for (FabricPartitions.Partition block : document.partitions()) {
      String arrow =
          switch (block.direction()) {
            case A_TO_B -> "  -x->  ";
            case B_TO_A -> "  <-x-  ";
            case BOTH -> "  <-x->  ";
          };
      text.append(all(block.sideA())).append(arrow).append(all(block.sideB()));
      if (block.probesOnly()) {
        text.append("  (UDP only, TCP passes)");
      }
      if (block.viaCount() > 0) {
        text.append("  via ").append(all(block.via()));
      }
      text.append('\n');
    }
    boolean none = text.isEmpty();
    return new Answer(document, none ? "no partition\n" : text.toString(), none);
  }

  private static String names(List<String> names) {
    if (names.isEmpty()) {
      return "-";
    }
    int more = names.size() - SHOWN_NEIGHBORS;
    return String.join(",", names.subList(0, Math.min(names.size(), SHOWN_NEIGHBORS)))
        + (more > 0 ? ",+" + more : "");
  }

  private static String all(List<String> names) {
    return "{" + String.join(", ", names) + "}";
  }
}
