package io.llamamesh.scraper.analysis;

import io.llamamesh.results.MeshReport.Suspect;
import io.llamamesh.scraper.analysis.Links.Link;
import io.llamamesh.scraper.analysis.Links.State;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Ranking of suspects that explain bad links: a greedy cover by the entity with the highest product
 * of newly covered bad links and purity, the share of bad ones among its tested links, of at least
 * {@value #MIN_PURITY}; ties go to the simplest. A block, which is fitted to the bad links, must
 * explain a good deal more than a named entity.
 */
final class Suspects {
  static final double MIN_PURITY = 0.7;
  private static final double EPSILON = 1e-9;

  /** Factor of a block's score, since it is fitted to the links that it explains. */
  private static final double BLOCK = 0.8;

  /** The same if one side is a single node. */
  private static final double BLOCK_OF_ONE = 0.5;

  private final Function<String, String> zoneOf;
  private final boolean isMeshWide;
  private final Map<Entity, Block> blocks = new HashMap<>();
  private final Map<Entity, Tally> tallies = new HashMap<>();
  private final Set<Link> uncovered = new HashSet<>();

  private static final class Tally {
    private int tested;
    private int bad;
    private int badInside;
    private long counted;
    private long lost;

    double purity() {
      return tested == 0 ? 0 : (double) bad / tested;
    }

    int explains() {
      return bad + badInside;
    }
  }

  private Suspects(Function<String, String> zoneOf, boolean isMeshWide) {
    this.zoneOf = zoneOf;
    this.isMeshWide = isMeshWide;
  }

  /**
   * The best explanations of the bad links.
   *
   * @param zoneOf zone of a node; empty if it has none
   * @param most suspects at most
   * @param lossy true if links are bad by loss, so that a suspect's loss can be given
   */
  static List<Suspect> rank(Links links, Function<String, String> zoneOf, int most, boolean lossy) {
    if (links.all().stream().noneMatch(entry -> entry.getValue().isBad())) {
      return List.of();
    }
    Suspects suspects = new Suspects(zoneOf, links.areBad(MIN_PURITY));
    if (!suspects.isMeshWide) {
      Blocks.of(links).forEach(block -> suspects.blocks.put(Entity.of(block), block));
    }
    links.all().forEach(entry -> suspects.count(entry.getKey(), entry.getValue()));
    List<Suspect> ranked = new ArrayList<>();
    while (!suspects.uncovered.isEmpty() && ranked.size() < most) {
      Entity best = suspects.best();
      if (best == null) {
        break;
      }
      Tally tally = suspects.tally(best);
      Block block = suspects.blocks.get(best);
      ranked.add(
          new Suspect(
              best.kind(),
              best.name(),
              best.direction(),
              tally.explains(),
              tally.tested + tally.badInside,
              lossy && tally.counted > 0
                  ? Math.round(1000.0 * tally.lost / tally.counted) / 10.0
                  : null,
              block == null ? null : block.sides()));
      suspects.cover(best);
    }
    return ranked;
  }

  private void count(Link link, State state) {
    if (state.isBad()) {
      uncovered.add(link);
    }
    forEachCandidateOn(
        link,
        entity -> {
          Tally tally = tally(entity);
          boolean inside = entity.ignoresInside() && isWithinZone(link);
          if (!inside) {
            tally.tested++;
          }
          if (state.isBad()) {
            if (inside) {
              tally.badInside++;
            } else {
              tally.bad++;
            }
            tally.counted += state.counted();
            tally.lost += state.lost();
          }
        });
  }

  private @Nullable Entity best() {
    Map<Entity, Integer> covers = new HashMap<>();
    uncovered.forEach(
        link -> forEachCandidateOn(link, entity -> covers.merge(entity, 1, Integer::sum)));
    Entity best = null;
    double bestScore = 0;
    for (Map.Entry<Entity, Integer> candidate : covers.entrySet()) {
      Entity entity = candidate.getKey();
      double purity = tally(entity).purity();
      if (purity < MIN_PURITY || (entity.equals(Entity.MESH) && !isMeshWide)) {
        continue;
      }
      double score = candidate.getValue() * purity * blockWeight(entity);
      if (best == null
          || score > bestScore + EPSILON
          || (score > bestScore - EPSILON && isSimpler(entity, best))) {
        best = entity;
        bestScore = score;
      }
    }
    return best;
  }

  private double blockWeight(Entity entity) {
    Block block = blocks.get(entity);
    if (block == null) {
      return 1;
    }
    return block.isOfOne() ? BLOCK_OF_ONE : BLOCK;
  }

  /**
   * True if an entity is the simpler explanation; of equal ones, if it loses more; last by name.
   */
  private boolean isSimpler(Entity a, Entity b) {
    return Comparator.comparingInt(Entity::complexity)
            .thenComparingDouble(entity -> -loss(entity))
            .thenComparing(Entity::name)
            .thenComparing(entity -> String.valueOf(entity.direction()))
            .compare(a, b)
        < 0;
  }

  private double loss(Entity entity) {
    Tally tally = tally(entity);
    return tally.counted == 0 ? 0 : (double) tally.lost / tally.counted;
  }

  private void cover(Entity chosen) {
    uncovered.removeIf(link -> {
      boolean[] passes = new boolean[1];
      forEachCandidateOn(link, entity -> passes[0] |= entity.equals(chosen));
      return passes[0];
    });
  }

  private Tally tally(Entity entity) {
    return tallies.computeIfAbsent(entity, k -> new Tally());
  }

  private void forEachCandidateOn(Link link, Consumer<Entity> passed) {
    Entity.along(
        link.source(),
        link.destination(),
        zoneOf.apply(link.source()),
        zoneOf.apply(link.destination()),
        passed);
    blocks.forEach((entity, block) -> {
      if (block.contains(link)) {
        passed.accept(entity);
      }
    });
  }

  private boolean isWithinZone(Link link) {
    return zoneOf.apply(link.source()).equals(zoneOf.apply(link.destination()));
  }
}
