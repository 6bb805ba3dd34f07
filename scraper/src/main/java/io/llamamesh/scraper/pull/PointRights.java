package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import io.llamamesh.scraper.cluster.AgentEndpoint;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Rights of who hands over points: the nodes that these may be of. A point is of the node that
 * measured: of its source, and what a reflector counted of its destination.
 *
 * @param holder who hands them over, for people
 * @param nodes predicate for names of nodes
 * @param nameless true if points without a name count as the holder's
 */
public record PointRights(String holder, Predicate<String> nodes, boolean nameless) {
  /** Any points. */
  public static final PointRights ALL = new PointRights("anybody", name -> true, true);

  /** Rights of who posts by a node's token: to that node's points. */
  public static PointRights ofPoster(String node) {
    return new PointRights("node " + node, node::equals, false);
  }

  /** Rights of who posts for some nodes. */
  public static PointRights ofPoster(String holder, Predicate<String> nodes) {
    return new PointRights(holder, nodes, false);
  }

  /**
   * Rights of an agent that is read: of one that is known to be a node's to that node's points, and
   * to those that name none; of one that registered itself to those of its name; else to any.
   */
  static PointRights of(AgentEndpoint agent) {
    return agent.isNode()
        ? new PointRights("agent on " + agent.name(), agent.name()::equals, true)
        : agent.isOutside() ? ofSelf(agent.name()) : ALL;
  }

  /** Rights of an agent that registered itself: to the points of its name. */
  static PointRights ofSelf(String agent) {
    return new PointRights("agent " + agent, agent::equals, false);
  }

  /** True if it may hand over a point. */
  boolean includes(Point point) {
    String tag =
        point.measurement().equals(Point.REFLECTED_STATS)
            ? Point.Tags.DST_NAME
            : Point.Tags.SRC_NAME;
    String name = point.tags().get(tag);
    return name == null ? nameless : nodes.test(name);
  }

  /** The first point that it may not hand over; null if there is none. */
  @Nullable Point firstForeign(List<Point> points) {
    for (Point point : points) {
      if (!includes(point)) {
        return point;
      }
    }
    return null;
  }
}
