package io.llamamesh.scraper.analysis;

import io.llamamesh.results.MeshReport;
import io.llamamesh.scraper.analysis.SimulatedMesh.Impairment;
import io.llamamesh.scraper.analysis.SimulatedMesh.Probed;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BiPredicate;

/**
 * A known fault of a simulated mesh.
 *
 * @param name what it is
 * @param impairment what it does to links
 * @param truth the links that it breaks
 */
record SimulatedFault(String name, Impairment impairment, BiPredicate<String, String> truth) {

  /** The kinds that must be found. */
  enum Kind {
    NODE_DOWN,
    NODE_EGRESS,
    NODE_INGRESS,
    ZONE,
    ZONE_PAIR,
    PAIR,
    ONE_PATH,
    ONE_WAY,
    NODE_EGRESS_DEAD,
    NODE_INGRESS_DEAD,
    ONE_WAY_DEAD,
    LATENCY_NODE,
    LATENCY_PAIR,
    /** Two sides that do not hear each other, while others hear both. */
    ASYMMETRIC_PARTITION,
    /** Every node is on one of two sides. */
    TWO_SIDES,
    /** One side does not hear the other. */
    ONE_WAY_PARTITION,
    LOSSY_BLOCK,
    SILENT_TARGET,
    MESH_WIDE
  }

  static SimulatedFault of(Kind kind, SimulatedMesh mesh) {
    SplittableRandom random = mesh.random();
    double loss = 0.05 + random.nextDouble() * 0.55;
    Probed pair = mesh.probed().get(random.nextInt(mesh.probed().size()));
    String a = pair.source();
    String b = pair.destination();
    String za = mesh.zone(a);
    String zb = otherZone(mesh, za);
    return switch (kind) {
      case NODE_DOWN -> down(a);
      case NODE_EGRESS -> lossy("egress of " + a, loss, (s, d) -> s.equals(a));
      case NODE_INGRESS -> lossy("ingress of " + a, loss, (s, d) -> d.equals(a));
      case ZONE ->
          lossy("zone " + za, loss, (s, d) -> mesh.zone(s).equals(za) != mesh.zone(d).equals(za));
      case ZONE_PAIR ->
          lossy(
              "zones " + za + ">" + zb,
              loss,
              (s, d) -> mesh.zone(s).equals(za) && mesh.zone(d).equals(zb));
      case PAIR ->
          lossy(
              "pair " + a + "," + b,
              loss,
              (s, d) -> (s.equals(a) && d.equals(b)) || (s.equals(b) && d.equals(a)));
      case ONE_WAY -> lossy("one way " + a + ">" + b, loss, (s, d) -> s.equals(a) && d.equals(b));
      case NODE_EGRESS_DEAD -> lossy("dead egress of " + a, 1, (s, d) -> s.equals(a));
      case NODE_INGRESS_DEAD -> lossy("dead ingress of " + a, 1, (s, d) -> d.equals(a));
      case ONE_WAY_DEAD ->
          lossy("dead one way " + a + ">" + b, 1, (s, d) -> s.equals(a) && d.equals(b));
      case ONE_PATH -> onePath(a, b, random);
      case ASYMMETRIC_PARTITION -> Sides.some(mesh).fault("partition", 1, true);
      case TWO_SIDES -> Sides.all(mesh).fault("partition", 1, true);
      case ONE_WAY_PARTITION -> Sides.some(mesh).fault("one-way partition", 1, false);
      case LOSSY_BLOCK -> Sides.some(mesh).fault("block", loss, true);
      case SILENT_TARGET -> silent(b);
      case MESH_WIDE -> lossy("the mesh", loss, (s, d) -> true);
      case LATENCY_NODE -> slow("slow " + a, (s, d) -> s.equals(a) || d.equals(a));
      case LATENCY_PAIR ->
          slow(
              "pair " + a + "," + b,
              (s, d) -> (s.equals(a) && d.equals(b)) || (s.equals(b) && d.equals(a)));
    };
  }

  /** Whether a suspect means exactly the links that are broken, among those that are probed. */
  boolean isNamedBy(MeshReport.Suspect suspect, SimulatedMesh mesh) {
    Entity entity = new Entity(suspect.kind(), suspect.name(), suspect.direction());
    MeshReport.Sides sides = suspect.sides();
    Block block =
        sides == null
            ? null
            : new Block(
                Set.copyOf(sides.from()), Set.copyOf(sides.to()), sides.bothWays(), Set.of());
    Set<Links.Link> broken = new LinkedHashSet<>();
    Set<Links.Link> accused = new LinkedHashSet<>();
    for (Probed pair : mesh.probed()) {
      for (Links.Link link :
          List.of(
              new Links.Link(pair.source(), pair.destination()),
              new Links.Link(pair.destination(), pair.source()))) {
        if (truth.test(link.source(), link.destination())) {
          broken.add(link);
        }
        if (block != null && block.contains(link)) {
          accused.add(link);
        }
        String from = mesh.zone(link.source());
        String to = mesh.zone(link.destination());
        Entity.along(
            link.source(),
            link.destination(),
            from,
            to,
            passed -> {
              if (passed.equals(entity) && !(entity.ignoresInside() && from.equals(to))) {
                accused.add(link);
              }
            });
      }
    }
    return accused.equals(broken);
  }

  /**
   * Two sets of nodes, named by nothing.
   *
   * @param from a fifth of the mesh or more
   * @param to the same of the others, or all of them
   */
  private record Sides(Set<String> from, Set<String> to) {
    static Sides some(SimulatedMesh mesh) {
      List<String> nodes = shuffled(mesh);
      int size = size(mesh);
      return of(nodes.subList(0, size), nodes.subList(size, size + size(mesh)));
    }

    static Sides all(SimulatedMesh mesh) {
      List<String> nodes = shuffled(mesh);
      int size = size(mesh);
      return of(nodes.subList(0, size), nodes.subList(size, nodes.size()));
    }

    private static Sides of(List<String> from, List<String> to) {
      return new Sides(Set.copyOf(from), Set.copyOf(to));
    }

    private static int size(SimulatedMesh mesh) {
      int nodes = mesh.nodes().size();
      return Math.max(2, nodes / 5) + mesh.random().nextInt(nodes / 8 + 1);
    }

    private static List<String> shuffled(SimulatedMesh mesh) {
      List<String> nodes = new ArrayList<>(mesh.nodes());
      Collections.shuffle(nodes, new Random(mesh.random().nextLong()));
      return nodes;
    }

    SimulatedFault fault(String name, double loss, boolean bothWays) {
      return lossy(
          name + " of " + from + " and " + to,
          loss,
          (s, d) ->
              (from.contains(s) && to.contains(d))
                  || (bothWays && to.contains(s) && from.contains(d)));
    }
  }

  /** Its host says that nobody listens. */
  private static SimulatedFault silent(String node) {
    return new SimulatedFault(
        "silent " + node,
        new Impairment() {
          @Override
          public double loss(String source, String destination, int path) {
            return 0;
          }

          @Override
          public boolean refuses(String name) {
            return name.equals(node);
          }
        },
        (s, d) -> d.equals(node));
  }

  private static String otherZone(SimulatedMesh mesh, String zone) {
    return mesh.nodes().stream()
        .map(mesh::zone)
        .filter(other -> !other.equals(zone))
        .findFirst()
        .orElse(zone);
  }

  private static SimulatedFault lossy(
      String name, double loss, BiPredicate<String, String> broken) {
    return new SimulatedFault(
        name, (source, destination, path) -> broken.test(source, destination) ? loss : 0, broken);
  }

  /** One path of four loses so much that the pair as a whole loses 5 % and more. */
  private static SimulatedFault onePath(String a, String b, SplittableRandom random) {
    double loss = 0.2 + random.nextDouble() * 0.8;
    int bad = random.nextInt(4);
    return new SimulatedFault(
        "path " + bad + " of " + a + ">" + b,
        (source, destination, path) ->
            source.equals(a) && destination.equals(b) && path == bad ? loss : 0,
        (s, d) -> s.equals(a) && d.equals(b));
  }

  private static SimulatedFault down(String node) {
    return new SimulatedFault(
        "down " + node,
        new Impairment() {
          @Override
          public double loss(String source, String destination, int path) {
            return source.equals(node) || destination.equals(node) ? 1 : 0;
          }

          @Override
          public boolean down(String name) {
            return name.equals(node);
          }
        },
        (s, d) -> s.equals(node) || d.equals(node));
  }

  /** A step of 80 ms in the round trip, which has no direction: both ways are suspect. */
  private static SimulatedFault slow(String name, BiPredicate<String, String> slow) {
    return new SimulatedFault(
        name,
        new Impairment() {
          @Override
          public double loss(String source, String destination, int path) {
            return 0;
          }

          @Override
          public double delay(String source, String destination) {
            return slow.test(source, destination) ? 40 : 0;
          }
        },
        slow);
  }
}
