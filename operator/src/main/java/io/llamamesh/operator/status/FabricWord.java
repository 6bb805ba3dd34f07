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
import java.util.stream.Collectors;

/**
 * Word of the agents' fabric about who is gone and who cannot reach whom.
 *
 * @param unreachable nodes that no agent that is up hears, by name
 * @param splits sets of nodes that do not hear each other
 */
record FabricWord(List<Gone> unreachable, List<Split> splits) {
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
   * @param probesOnly whether TCP passes between them, and only UDP does not
   */
  record Split(
      List<String> a,
      List<String> b,
      List<String> via,
      Way way,
      Instant since,
      boolean probesOnly) {
    Split {
      a = a.stream().sorted().toList();
      b = b.stream().sorted().toList();
      via = via.stream().sorted().toList();
    }

    /** What tells it from others; when it was found is no part of it. */
    String key() {
      return a + " " + way + " " + b + (probesOnly ? " UDP" : "");
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
                    split.since(),
                    split.probesOnly()))
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

  /**
   * True when all that is new in it is that nodes which another word has as unreachable are one
   * side of a partition.
   */
  boolean isReturnFrom(FabricWord before) {
    Set<String> gone = before.unreachable.stream().map(Gone::node).collect(Collectors.toSet());
    Set<String> known = before.splits.stream().map(Split::key).collect(Collectors.toSet());
    List<Split> fresh = splits.stream().filter(split -> !known.contains(split.key())).toList();
    return !fresh.isEmpty()
        && unreachable.stream().allMatch(each -> gone.contains(each.node()))
        && fresh.stream()
            .allMatch(split -> gone.containsAll(split.a()) || gone.containsAll(split.b()));
  }

  /** Keys of all that it says: a node's name, or that of a split. */
  NavigableSet<String> keys() {
    NavigableSet<String> keys = new TreeSet<>();
    unreachable.forEach(gone -> keys.add(gone.node()));
    splits.forEach(split -> keys.add(split.key()));
    return keys;
  }

  /**
   * Verdict that it amounts to: a partition is more than nodes that are gone, and these are more
   * than a cut of UDP alone.
   */
  Verdict verdict() {
    if (splits.stream().anyMatch(split -> !split.probesOnly())) {
      return Verdict.PARTITIONED;
    }
    return !unreachable.isEmpty()
        ? Verdict.NODE_UNREACHABLE
        : splits.isEmpty() ? Verdict.HEALTHY : Verdict.PROBES_BLOCKED;
  }

  /**
   * One sentence, of bounded length however many nodes there are.
   *
   * @param ports what to let through where only UDP is cut
   */
  String sentence(FabricPorts ports) {
    List<String> clauses = new ArrayList<>();
    splits.stream()
        .sorted(Comparator.comparing(Split::probesOnly))
        .limit(NAMED_SPLITS)
        .map(split -> clause(split, ports))
        .forEach(clauses::add);
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

  private static String clause(Split split, FabricPorts ports) {
    return side(split.a())
        + switch (split.way()) {
          case BOTH -> " <-x-> ";
          case A_TO_B -> " -x-> ";
          case B_TO_A -> " <-x- ";
        }
        + side(split.b())
        + (split.via().isEmpty() ? "" : " via " + side(split.via()))
        + since(split.since())
        + (split.probesOnly() ? ", UDP only, TCP passes: " + remedy(split, ports) : "");
  }

  private static String remedy(Split split, FabricPorts ports) {
    String way =
        switch (split.way()) {
          case BOTH -> "both ways";
          case A_TO_B -> "to {" + NameList.abbreviated(split.b(), NAMED) + "}";
          case B_TO_A -> "to {" + NameList.abbreviated(split.a(), NAMED) + "}";
        };
    return "let UDP to ports "
        + ports.probes()
        + " and "
        + ports.fabric()
        + " and its answers pass "
        + way;
  }

  private static String side(List<String> names) {
    return "{" + NameList.abbreviated(names, NAMED) + "}";
  }

  private static String since(Instant time) {
    return " since " + time.truncatedTo(ChronoUnit.SECONDS);
  }
}
