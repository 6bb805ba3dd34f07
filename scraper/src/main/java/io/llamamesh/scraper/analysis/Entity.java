package io.llamamesh.scraper.analysis;

import io.llamamesh.results.MeshReport.Direction;
import io.llamamesh.results.MeshReport.Kind;
import java.util.Comparator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Candidate for a suspect: a node, a zone, a pair, a block, or the mesh.
 *
 * @param kind its kind
 * @param name a node, a zone, {@code a>b}, the sides of a block, or all nodes
 * @param direction direction of the traffic that suffers; null: both
 */
record Entity(Kind kind, String name, @Nullable Direction direction) implements Comparable<Entity> {
  private static final Comparator<Entity> ORDER =
      Comparator.comparing(Entity::kind)
          .thenComparing(Entity::name)
          .thenComparing(
              Entity::direction, Comparator.nullsFirst(Comparator.<Direction>naturalOrder()));

  /** The whole mesh, which every link has in common. */
  static final Entity MESH = new Entity(Kind.MESH, "all nodes", null);

  /** Natural order, so that a map of entities stays fast even if made-up names share one hash. */
  @Override
  public int compareTo(Entity other) {
    return ORDER.compare(this, other);
  }

  static Entity of(Block block) {
    return new Entity(Kind.BLOCK, block.name(), null);
  }

  /** Complexity of the explanation; of equal explanations the smallest wins. */
  int complexity() {
    return switch (kind) {
      case PAIR -> 0;
      case NODE -> direction == null ? 1 : 2;
      // If one zone is the whole mesh, or has links with all of it, the fault is not the zone's.
      case MESH -> 3;
      case ZONE_PAIR -> 4;
      case ZONE -> direction == null ? 5 : 6;
      case BLOCK -> 7;
    };
  }

  /**
   * True if links within the entity do not count for its purity: the nodes of a zone that is cut
   * off still reach each other.
   */
  boolean ignoresInside() {
    return kind == Kind.ZONE;
  }

  /** Visits every entity but blocks on the path of a packet from source to destination. */
  static void along(
      String source,
      String destination,
      String sourceZone,
      String destinationZone,
      Consumer<Entity> passed) {
    passed.accept(MESH);
    passed.accept(new Entity(Kind.PAIR, source + ">" + destination, null));
    passed.accept(new Entity(Kind.NODE, source, null));
    passed.accept(new Entity(Kind.NODE, source, Direction.EGRESS));
    passed.accept(new Entity(Kind.NODE, destination, null));
    passed.accept(new Entity(Kind.NODE, destination, Direction.INGRESS));
    if (sourceZone.isEmpty() || destinationZone.isEmpty()) {
      return;
    }
    passed.accept(new Entity(Kind.ZONE_PAIR, sourceZone + ">" + destinationZone, null));
    passed.accept(new Entity(Kind.ZONE, sourceZone, null));
    if (!sourceZone.equals(destinationZone)) {
      passed.accept(new Entity(Kind.ZONE, sourceZone, Direction.EGRESS));
      passed.accept(new Entity(Kind.ZONE, destinationZone, null));
      passed.accept(new Entity(Kind.ZONE, destinationZone, Direction.INGRESS));
    }
  }
}
