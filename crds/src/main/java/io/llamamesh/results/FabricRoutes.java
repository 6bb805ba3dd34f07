package io.llamamesh.results;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Shortest routes over links from one member to all others: {@code /v1/routes/ORIGIN}.
 *
 * @param origin where they begin
 * @param nodes all members
 */
@JsonPropertyOrder({"origin", "nodes"})
public record FabricRoutes(String origin, List<Node> nodes) {
  public FabricRoutes {
    nodes = List.copyOf(nodes);
  }

  /**
   * The end of a route.
   *
   * @param name of the member
   * @param distance in hops; null where there is no route
   * @param parent the member before it on the route; null at the origin and where there is none
   */
  @JsonPropertyOrder({"name", "distance", "parent"})
  public record Node(String name, @Nullable Integer distance, @Nullable String parent) {}
}
