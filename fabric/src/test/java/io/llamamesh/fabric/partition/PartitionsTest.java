package io.llamamesh.fabric.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.detector.Hearing;
import io.llamamesh.fabric.linkstate.Unheard;
import io.llamamesh.fabric.partition.Partition.Direction;
import io.llamamesh.fabric.partition.Partitions.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.Test;

/** Rows of "cannot hear" become sides. */
class PartitionsTest {

  @Test
  void nobodyComplainsSoThereIsNothing() {
    assertThat(Partitions.find(rows(5, (a, b) -> false))).isEmpty();
  }

  @Test
  void anyTwoSidesAreFoundExactly() {
    Random random = new Random(1);
    for (int i = 0; i < 2_000; i++) {
      int nodes = 3 + random.nextInt(20);
      Set<Integer> a = new TreeSet<>();
      Set<Integer> b = new TreeSet<>();
      for (int node = 0; node < nodes; node++) {
        switch (random.nextInt(3)) {
          case 0 -> a.add(node);
          case 1 -> b.add(node);
          default -> {}
        }
      }
      List<Partition> blocks =
          Partitions.find(
              rows(
                  nodes,
                  (x, y) -> (a.contains(x) && b.contains(y)) || (b.contains(x) && a.contains(y))));
      if (a.isEmpty() || b.isEmpty()) {
        assertThat(blocks).isEmpty();
        continue;
      }
      assertThat(blocks).hasSize(1);
      assertThat(
              Set.of(Set.copyOf(blocks.getFirst().sideA()), Set.copyOf(blocks.getFirst().sideB())))
          .isEqualTo(Set.of(names(a), names(b)));
      assertThat(blocks.getFirst().viaCount()).isEqualTo(nodes - a.size() - b.size());
    }
  }

  @Test
  void threeZonesApartAreAllNamed() {
    List<Partition> blocks = Partitions.find(rows(9, (x, y) -> x / 3 != y / 3));

    assertThat(blocks).hasSize(3);
    assertThat(blocks)
        .allSatisfy(block -> {
          assertThat(block.sideA()).hasSize(3);
          assertThat(block.sideB()).hasSize(3);
        });
  }

  @Test
  void twoTroublesAreTwoBlocks() {
    List<Partition> blocks =
        Partitions.find(
            rows(
                9,
                (x, y) ->
                    (Math.min(x, y) < 2 && Math.max(x, y) >= 2 && Math.max(x, y) < 5)
                        || (x == 7 && y == 8)
                        || (x == 8 && y == 7)));

    assertThat(blocks).hasSize(2);
    assertThat(blocks.get(0).sideA()).containsExactly("n00", "n01");
    assertThat(blocks.get(0).sideB()).containsExactly("n02", "n03", "n04");
    assertThat(blocks.get(1).sideA()).containsExactly("n07");
    assertThat(blocks.get(1).sideB()).containsExactly("n08");
  }

  @Test
  void onePairMoreDoesNotBlurTheSides() {
    List<Partition> blocks =
        Partitions.find(
            rows(
                8,
                (x, y) -> {
                  int low = Math.min(x, y);
                  int high = Math.max(x, y);
                  return (low < 2 && high >= 2 && high < 5) || (low == 0 && high == 7);
                }));

    assertThat(blocks)
        .anySatisfy(block -> {
          assertThat(block.sideA()).containsExactly("n00", "n01");
          assertThat(block.sideB()).containsExactly("n02", "n03", "n04");
        });
    assertThat(blocks).hasSize(2);
  }

  @Test
  void sidesAreFoundThoughEachWatchesOnlyAFew() {
    Random random = new Random(2);
    for (int i = 0; i < 50; i++) {
      int nodes = 60;
      Map<Integer, Set<Integer>> watches = new TreeMap<>();
      for (int x = 0; x < nodes; x++) {
        Set<Integer> some = new TreeSet<>();
        while (some.size() < 12) {
          some.add(random.nextInt(nodes));
        }
        watches.put(x, some);
      }
      // Everybody is watched by somebody of the other side.
      for (int x = 0; x < 55; x++) {
        watches.get(x).add(side(x) == 1 ? 40 + x % 15 : x % 40);
      }
      // n00 to n39 do not reach n40 to n54; the rest reaches all. Each side is a ring of links.
      List<Row> rows = new ArrayList<>();
      for (int x = 0; x < nodes; x++) {
        List<Unheard> unheard = new ArrayList<>();
        for (int y : watches.get(x)) {
          if (side(x) * side(y) == 2) {
            unheard.add(new Unheard(name(y), Hearing.SILENT, 1));
          }
        }
        int next = x == 39 ? 0 : x == 54 ? 40 : (x + 1) % nodes;
        rows.add(new Row(name(x), unheard, List.of(name(next)), 12));
      }

      assertThat(Partitions.find(rows))
          .singleElement()
          .satisfies(block -> {
            assertThat(block.sideA()).hasSize(40);
            assertThat(block.sideB()).hasSize(15);
            assertThat(block.viaCount()).isEqualTo(5);
          });
    }
  }

  private static int side(int node) {
    return node < 40 ? 1 : node < 55 ? 2 : 0;
  }

  @Test
  void whatTheDeadSaidCountsForNothing() {
    List<Row> rows = rows(4, (x, y) -> x == 0 && y > 1);

    assertThat(Partitions.find(rows)).hasSize(1);
    assertThat(Partitions.find(rows.subList(1, 4))).isEmpty();
  }

  @Test
  void directionAndKindAreThoseOfTheRows() {
    List<Row> oneWay =
        List.of(
            new Row("a", List.of(new Unheard("b", Hearing.UNHEARD_BY_PEER, 1)), List.of(), 1),
            new Row("b", List.of(new Unheard("a", Hearing.SILENT, 1)), List.of(), 1));
    List<Row> probes =
        List.of(
            new Row("a", List.of(new Unheard("b", Hearing.NO_PROBES, 1)), List.of("b"), 1),
            new Row("b", List.of(new Unheard("a", Hearing.NO_PROBES, 1)), List.of("a"), 1));

    assertThat(Partitions.find(oneWay))
        .singleElement()
        .returns(Direction.A_TO_B, Partition::direction)
        .returns(false, Partition::probesOnly);
    assertThat(Partitions.find(probes))
        .singleElement()
        .returns(Direction.BOTH, Partition::direction)
        .returns(true, Partition::probesOnly);
  }

  @Test
  void aMeshThatComplainsOfEverythingIsGroupedInTime() {
    Random random = new Random(3);
    boolean[][] cut = new boolean[200][200];
    for (boolean[] row : cut) {
      for (int i = 0; i < row.length; i++) {
        row[i] = random.nextInt(3) == 0;
      }
    }

    assertThat(Partitions.find(rows(200, (x, y) -> cut[x][y]))).isNotNull();
  }

  private static List<Row> rows(int nodes, BiPredicate<Integer, Integer> cannotHear) {
    List<Row> rows = new ArrayList<>();
    for (int x = 0; x < nodes; x++) {
      List<Unheard> unheard = new ArrayList<>();
      for (int y = 0; y < nodes; y++) {
        if (x != y && cannotHear.test(x, y)) {
          unheard.add(new Unheard(name(y), Hearing.SILENT, 1));
        }
      }
      rows.add(new Row(name(x), unheard, List.of(), nodes - 1));
    }
    return rows;
  }

  private static String name(int node) {
    return "n%02d".formatted(node);
  }

  private static Set<String> names(Set<Integer> nodes) {
    Set<String> names = new TreeSet<>();
    nodes.forEach(node -> names.add(name(node)));
    return names;
  }
}
