package io.llamamesh.operator.status;

import io.llamamesh.results.Verdict;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Word of the agents' fabric about who is gone and who cannot reach whom.
 *
 * @param unreachable nodes that no agent that is up hears, by name
 * @param splits sets of nodes that do not hear each other
 */
record FabricWord(List<Gone> unreachable, List<Split> splits) {
  /** Nobody is gone, and all hear each other. */
  static final FabricWord CLEAR = new FabricWord(List.of(), List.of());

  private static final int NAMED = 5;
  private static final int NAMED_SPLITS = 3;

  FabricWord {
    unreachable = unreachable.stream().sorted(Comparator.comparing(Gone::node)).toList();
    splits = List.copyOf(splits);
  }

  /**
   * A node that is gone.
   *
   * @param since when the agents found it, by the scraper's clock
   */
  record Gone(String node, Instant since) {}

  /** Which way nothing arrives between two sides. */
  enum Way {
    BOTH,
    A_TO_B,
    B_TO_A
  }

  /**
   * Two sides that do not hear each other.
   *
   * @param via nodes of neither side that both reach
   */
  record Split(List<String> a, List<String> b, List<String> via, Way way, Instant since) {
    Split {
      a = a.stream().sorted().toList();
      b = b.stream().sorted().toList();
      via = via.stream().sorted().toList();
    }

    /** What tells it from others; when it was found is no part of it. */
    String key() {
      return a + " " + way + " " + b;
    }
  }

  boolean isClear() {
    return unreachable.isEmpty() && splits.isEmpty();
  }

  /** The same about these nodes only; a side of which none is left is no side. */
  FabricWord about(Set<String> nodes) {
    return new FabricWord(
        unreachable.stream().filter(gone -> nodes.contains(gone.node())).toList(),
        splits.stream()
            .map(split ->
                new Split(
                    among(split.a(), nodes),
                    among(split.b(), nodes),
                    among(split.via(), nodes),
                    split.way(),
                    split.since()))
            .filter(split -> !split.a().isEmpty() && !split.b().isEmpty())
            .toList());
  }

  private static List<String> among(List<String> names, Set<String> nodes) {
    return names.stream().filter(nodes::contains).toList();
  }

  /** The same, but for what has one of these keys. */
  FabricWord withoutKeys(Predicate<String> refuted) {
    return new FabricWord(
        unreachable.stream().filter(gone -> !refuted.test(gone.node())).toList(),
        splits.stream().filter(split -> !refuted.test(split.key())).toList());
  }

  /** Keys of all that it says: a node's name, or that of a split. */
  NavigableSet<String> keys() {
    NavigableSet<String> keys = new TreeSet<>();
    unreachable.forEach(gone -> keys.add(gone.node()));
    splits.forEach(split -> keys.add(split.key()));
    return keys;
  }

  /** Verdict that it amounts to; of a partition and nodes that are gone the partition is more. */
  Verdict verdict() {
    return !splits.isEmpty()
        ? Verdict.PARTITIONED
        : unreachable.isEmpty() ? Verdict.HEALTHY : Verdict.NODE_UNREACHABLE;
  }

  /** One sentence, of bounded length however many nodes there are. */
  String sentence() {
    List<String> clauses = new ArrayList<>();
    splits.stream().limit(NAMED_SPLITS).map(FabricWord::clause).forEach(clauses::add);
    if (splits.size() > NAMED_SPLITS) {
      clauses.add("and " + (splits.size() - NAMED_SPLITS) + " more partitions");
    }
    if (!unreachable.isEmpty()) {
      List<String> names = unreachable.stream().map(Gone::node).toList();
      clauses.add(
          NameList.abbreviated(names, NAMED)
              + (names.size() == 1 ? " is heard by no other agent" : " are heard by no other agent")
              + since(
                  unreachable.stream()
                      .map(Gone::since)
                      .min(Comparator.naturalOrder())
                      .orElseThrow())
              + ": down, or cut off from all");
    }
    return String.join("; ", clauses);
  }

  private static String clause(Split split) {
    return side(split.a())
        + switch (split.way()) {
          case BOTH -> " <-x-> ";
          case A_TO_B -> " -x-> ";
          case B_TO_A -> " <-x- ";
        }
        + side(split.b())
        + (split.via().isEmpty() ? "" : " via " + side(split.via()))
        + since(split.since());
  }

  private static String side(List<String> names) {
    return "{" + NameList.abbreviated(names, NAMED) + "}";
  }

  private static String since(Instant time) {
    return " since " + time.truncatedTo(ChronoUnit.SECONDS);
  }
}
