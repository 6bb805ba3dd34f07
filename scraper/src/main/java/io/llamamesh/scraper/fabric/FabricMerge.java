package io.llamamesh.scraper.fabric;

import io.llamamesh.results.FabricMembers;
import io.llamamesh.results.FabricPartitions;
import io.llamamesh.results.FabricReport;
import io.llamamesh.results.FabricReport.Blocked;
import io.llamamesh.results.FabricReport.Direction;
import io.llamamesh.results.FabricReport.Kind;
import io.llamamesh.results.FabricReport.Partition;
import io.llamamesh.results.FabricReport.Unreachable;
import io.llamamesh.results.FabricState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Merges what a few agents know by their fabric. Pure.
 *
 * <ul>
 *   <li>A node is unreachable where nobody of them reaches it and somebody says so: one that
 *       reaches it is enough for it to be up.
 *   <li>Who fell silent for {@link #DOUBT} while all others call it unreachable is not listened to:
 *       a dead one's last word is that all is well.
 *   <li>A partition is reported with its exact sides, where more than half of those name it who
 *       hold all of both sides for up: while it comes about they name parts of it.
 *   <li>Two that are heard here and hold each other for unreachable are on two sides of a cut: then
 *       nobody is dead, and the sides are those that each of the two holds for up.
 *   <li>Who is unreachable for all and answers here that it takes no part in the fabric has its
 *       port taken by another program, and is not dead.
 *   <li>A node's port of the fabric is blocked by its own word, or by that of more than half of the
 *       others that hold it for up. Who is blocked itself does not know who else is.
 * </ul>
 */
final class FabricMerge {
  /** Silence after which the others' word counts: agents say something each second. */
  static final Duration DOUBT = Duration.ofMillis(1_500);

  /** Names on all sides together: a report of a megabyte would not be read. */
  private static final int MAX_NAMES_OF_SIDES = 10_000;

  /**
   * An agent's word.
   *
   * @param age time since its last line
   */
  record Witness(FabricMembers members, FabricPartitions partitions, Duration age) {
    String name() {
      return members.self();
    }

    boolean isBlocked(String node) {
      return members.members().stream()
          .anyMatch(member -> member.name().equals(node) && member.fabricBlocked());
    }

    Map<String, FabricState> states() {
      Map<String, FabricState> states = new HashMap<>();
      members.members().forEach(member -> states.put(member.name(), member.state()));
      return states;
    }
  }

  private record Voter(Witness witness, Map<String, FabricState> states, SortedSet<String> up) {
    boolean holdsUnreachable(Voter other) {
      FabricState state = states.get(other.witness.name());
      return state != null && state.isUnreachable();
    }

    boolean isBlocked() {
      return witness.isBlocked(witness.name());
    }
  }

  private record Sides(
      List<String> sideA, List<String> sideB, Direction direction, boolean probesOnly) {
    static Sides of(FabricPartitions.Partition partition) {
      return new Sides(
          partition.sideA(),
          partition.sideB(),
          FabricMerge.direction(partition.direction()),
          partition.probesOnly());
    }
  }

  private FabricMerge() {}

  /**
   * Merges.
   *
   * @param leaving nodes that are about to be removed, which are not named
   * @param answering nodes whose agents answer here just now that they take no part in the fabric
   * @param before the last result, for the times since when
   */
  static FabricReport merge(
      Collection<Witness> witnesses,
      Set<String> leaving,
      Set<String> answering,
      @Nullable FabricReport before,
      Instant now) {
    List<Voter> voters = voters(witnesses);
    List<Unreachable> unreachable = new ArrayList<>(unreachable(voters, leaving, before, now));
    Set<String> apart = new TreeSet<>();
    unreachable.removeIf(each -> answering.contains(each.node()) && apart.add(each.node()));
    List<Partition> partitions = partitions(voters, before, now);
    List<Blocked> blocked = blocked(voters, leaving, apart, before, now);
    FabricReport merged = new FabricReport(voters.size(), now, unreachable, partitions, blocked);
    if (before != null && before.equals(merged.withAgents(merged.agents(), before.observedAt()))) {
      return before;
    }
    return merged;
  }

  private static List<Blocked> blocked(
      List<Voter> voters,
      Set<String> leaving,
      Set<String> apart,
      @Nullable FabricReport before,
      Instant now) {
    SortedSet<String> names = new TreeSet<>();
    for (Voter voter : voters) {
      for (FabricMembers.Member member : voter.witness().members().members()) {
        if (member.fabricBlocked() && !leaving.contains(member.name())) {
          names.add(member.name());
        }
      }
    }
    names.removeIf(name -> !isBlocked(name, voters));
    names.addAll(apart);
    Map<String, Instant> known = new HashMap<>();
    if (before != null) {
      before.fabricBlocked().forEach(each -> known.put(each.node(), each.since()));
    }
    return names.stream()
        .limit(FabricReport.MAX_BLOCKED)
        .map(name -> new Blocked(name, known.getOrDefault(name, now)))
        .toList();
  }

  private static boolean isBlocked(String node, List<Voter> voters) {
    int able = 0;
    int agreeing = 0;
    for (Voter voter : voters) {
      if (voter.witness().name().equals(node)) {
        return voter.isBlocked();
      }
      if (!voter.isBlocked() && voter.up().contains(node)) {
        able++;
        agreeing += voter.witness().isBlocked(node) ? 1 : 0;
      }
    }
    return 2 * agreeing > able;
  }

  private static List<Voter> voters(Collection<Witness> witnesses) {
    List<Voter> all = new ArrayList<>();
    for (Witness witness : witnesses) {
      Map<String, FabricState> states = witness.states();
      SortedSet<String> up = new TreeSet<>();
      states.forEach((name, state) -> {
        if (state == FabricState.UP) {
          up.add(name);
        }
      });
      all.add(new Voter(witness, states, up));
    }
    return all.stream().filter(voter -> !isDoubtful(voter, all)).toList();
  }

  private static boolean isDoubtful(Voter voter, List<Voter> all) {
    if (voter.witness().age().compareTo(DOUBT) <= 0 || all.size() < 2) {
      return false;
    }
    // Those that died together vouch for each other by their last words.
    List<Voter> fresh =
        all.stream().filter(other -> other.witness().age().compareTo(DOUBT) <= 0).toList();
    return !fresh.isEmpty() && fresh.stream().allMatch(other -> other.holdsUnreachable(voter));
  }

  private static List<Unreachable> unreachable(
      List<Voter> voters, Set<String> leaving, @Nullable FabricReport before, Instant now) {
    Map<String, Kind> kinds = new TreeMap<>();
    for (Voter voter : voters) {
      voter
          .states()
          .forEach((name, state) -> {
            if (state.isUnreachable() && !leaving.contains(name)) {
              kinds.merge(
                  name,
                  state == FabricState.AGENT_DOWN ? Kind.AGENT : Kind.NODE,
                  // Whose host answers one of them is not dead.
                  (one, other) -> one == Kind.AGENT ? one : other);
            }
          });
    }
    for (Voter voter : voters) {
      voter
          .states()
          .forEach((name, state) -> {
            boolean excuses =
                state == FabricState.UP
                    || state == FabricState.LEFT
                    || state == FabricState.FORGOTTEN;
            if (excuses) {
              kinds.remove(name);
            }
          });
    }
    kinds.keySet().removeIf(name -> !areKnown(List.of(name), voters));
    Map<String, Instant> known = new HashMap<>();
    if (before != null) {
      before.unreachable().forEach(each -> known.put(each.node(), each.since()));
    }
    List<Unreachable> named = new ArrayList<>();
    kinds.forEach(
        (name, kind) -> named.add(new Unreachable(name, known.getOrDefault(name, now), kind)));
    return named.subList(0, Math.min(named.size(), FabricReport.MAX_UNREACHABLE));
  }

  private static List<Partition> partitions(
      List<Voter> voters, @Nullable FabricReport before, Instant now) {
    Map<Sides, List<String>> found = new LinkedHashMap<>();
    for (Voter voter : voters) {
      for (FabricPartitions.Partition each : voter.witness().partitions().partitions()) {
        Sides sides = Sides.of(each);
        if (!found.containsKey(sides) && isAgreed(sides, voters)) {
          found.put(sides, each.via());
        }
      }
    }
    cuts(voters).forEach(sides -> found.putIfAbsent(sides, List.of()));
    Map<Sides, Instant> known = new HashMap<>();
    if (before != null) {
      for (Partition each : before.partitions()) {
        known.put(
            new Sides(each.sideA(), each.sideB(), each.direction(), each.probesOnly()),
            each.since());
      }
    }
    List<Partition> named = new ArrayList<>();
    found.forEach((sides, via) ->
        named.add(
            new Partition(
                sides.sideA(),
                sides.sideB(),
                via,
                sides.direction(),
                known.getOrDefault(sides, now),
                sides.probesOnly())));
    return bounded(named);
  }

  /** The first ones whose names fit into a report. */
  private static List<Partition> bounded(List<Partition> all) {
    List<Partition> kept = new ArrayList<>();
    int room = MAX_NAMES_OF_SIDES;
    for (Partition each : all) {
      room -= each.sideA().size() + each.sideB().size();
      if (kept.size() == FabricReport.MAX_PARTITIONS || (room < 0 && !kept.isEmpty())) {
        break;
      }
      kept.add(each);
    }
    return kept;
  }

  /** Most of them know all of these: one broken agent makes up no members. */
  private static boolean areKnown(Collection<String> names, List<Voter> voters) {
    long knowing =
        voters.stream().filter(voter -> voter.states().keySet().containsAll(names)).count();
    return 2 * knowing > voters.size();
  }

  private static Direction direction(FabricPartitions.Direction direction) {
    return switch (direction) {
      case BOTH -> Direction.BOTH;
      case A_TO_B -> Direction.A_TO_B;
      case B_TO_A -> Direction.B_TO_A;
    };
  }

  private static boolean isAgreed(Sides sides, List<Voter> voters) {
    if (!areKnown(sides.sideA(), voters) || !areKnown(sides.sideB(), voters)) {
      return false;
    }
    int able = 0;
    int agreeing = 0;
    for (Voter voter : voters) {
      if (voter.up().containsAll(sides.sideA()) && voter.up().containsAll(sides.sideB())) {
        able++;
        boolean names =
            voter.witness().partitions().partitions().stream()
                .anyMatch(each -> Sides.of(each).equals(sides));
        agreeing += names ? 1 : 0;
      }
    }
    return 2 * agreeing > able;
  }

  /** Cuts between agents that are heard here and do not reach each other. */
  private static Set<Sides> cuts(List<Voter> voters) {
    Set<Sides> cuts = Collections.newSetFromMap(new LinkedHashMap<>());
    for (int i = 0; i < voters.size(); i++) {
      for (int j = i + 1; j < voters.size(); j++) {
        Voter one = voters.get(i);
        Voter other = voters.get(j);
        if (one.holdsUnreachable(other)
            && other.holdsUnreachable(one)
            && !one.up().isEmpty()
            && !other.up().isEmpty()
            && Collections.disjoint(one.up(), other.up())) {
          boolean isOneFirst = one.up().first().compareTo(other.up().first()) < 0;
          cuts.add(
              new Sides(
                  List.copyOf((isOneFirst ? one : other).up()),
                  List.copyOf((isOneFirst ? other : one).up()),
                  Direction.BOTH,
                  false));
        }
      }
    }
    return cuts;
  }
}
