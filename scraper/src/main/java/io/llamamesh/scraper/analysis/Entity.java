package io.llamamesh.scraper.analysis;

import io.llamamesh.results.MeshReport.Direction;
import io.llamamesh.results.MeshReport.Kind;
import java.util.Comparator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Someone who may be at fault.
 *
 * @param kind what it is
 * @param name a node, a zone, {@code a>b}, the sides of a block, or all nodes
 * @param direction which of its traffic suffers; absent: both
 */
record Entity(Kind kind, String name, @Nullable Direction direction) implements Comparable<Entity> {
  private static final Comparator<Entity> ORDER =
      Comparator.comparing(Entity::kind)
          .thenComparing(Entity::name)
          .thenComparing(
              Entity::direction, Comparator.nullsFirst(Comparator.<Direction>naturalOrder()));

  /** All of the mesh: what every link has in common. */
  static final Entity MESH = new Entity(Kind.MESH, "all nodes", null);

  /** A map of suspects stays fast where somebody made up names that all have one hash. */
  @Override
  public int compareTo(Entity other) {
    return ORDER.compare(this, other);
  }

  static Entity of(Block block) {
    return new Entity(Kind.BLOCK, block.name(), null);
  }

  /** How much an explanation by it assumes; of equal explanations the smallest wins. */
  int complexity() {
    return switch (kind) {
      case PAIR -> 0;
      case NODE -> direction == null ? 1 : 2;
      // Where one zone is the whole mesh, or has links with all of it, it is no zone's fault.
      case MESH -> 3;
      case ZONE_PAIR -> 4;
      case ZONE -> direction == null ? 5 : 6;
      case BLOCK -> 7;
    };
  }

  /**
   * Whether a link within one zone tells nothing about the zone's own purity: a zone that is cut
   * off still talks to itself.
   */
  boolean ignoresInside() {
    return kind == Kind.ZONE;
  }

  /** Calls with every entity but blocks that a packet from source to destination passes. */
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
