package io.llamamesh.scraper.analysis;

import io.llamamesh.results.MeshReport.Cause;
import io.llamamesh.results.MeshReport.Direction;
import io.llamamesh.results.MeshReport.Kind;
import io.llamamesh.results.MeshReport.Silent;
import io.llamamesh.results.MeshReport.Suspect;
import io.llamamesh.results.Verdict;
import io.llamamesh.scraper.matrix.Cell;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Who answers no probe though it is not the network that loses them: a node whose agent does not
 * answer the scraper either, a host that says that nobody listens, a kernel that does not send.
 */
final class SilentNodes {
  /** Loss in percent from which on a zone or the mesh is gone, not only worse than it should be. */
  private static final double GONE = 90;

  private SilentNodes() {}

  /**
   * Names of nodes that answer neither probes nor the scraper.
   *
   * @param silentAgents names of those whose agents neither report nor answer
   */
  static Set<String> unreachable(List<JudgedPair> pairs, Set<String> silentAgents) {
    Set<String> dead = new HashSet<>();
    Set<String> alive = new HashSet<>();
    for (JudgedPair pair : pairs) {
      String destination = pair.pair().destination();
      // What one that is silent itself last told is of before.
      if (!silentAgents.contains(destination) || silentAgents.contains(pair.pair().source())) {
        continue;
      }
      if (pair.pooled().received() > 0) {
        alive.add(destination);
      } else if (isUnanswered(pair)) {
        dead.add(destination);
      }
    }
    dead.removeAll(alive);
    return dead;
  }

  /**
   * The same pairs, those to dead nodes without their loss. Where a host refuses the probes of
   * anybody it is up, and what others lose there is its agent's too.
   */
  static List<JudgedPair> without(List<JudgedPair> pairs, Set<String> dead) {
    Set<String> up =
        pairs.stream()
            .filter(pair -> pair.pooled().refused() > 0)
            .map(pair -> pair.pair().destination())
            .collect(Collectors.toSet());
    return pairs.stream()
        .map(pair -> {
          String destination = pair.pair().destination();
          return dead.contains(destination)
              ? JudgedPair.silent(
                  pair.pair(),
                  pair.pooled(),
                  up.contains(destination) ? Cause.REFUSED : Cause.UNREACHABLE)
              : pair;
        })
        .toList();
  }

  /**
   * Whether losses to a node are part of a larger one: of a whole zone, a pair of zones or the mesh
   * several are gone at once, and then the network is the likelier cause.
   *
   * @param suspects who explains the lossy pairs
   */
  static boolean isPartOf(List<Suspect> suspects, String zone) {
    return suspects.stream().anyMatch(suspect -> isIn(suspect, zone));
  }

  private static boolean isUnanswered(JudgedPair pair) {
    Cell cell = pair.pooled();
    return pair.pair().cells().size() >= Silence.ENOUGH_WINDOWS
        && cell.received() == 0
        && cell.lost() + cell.refused() > 0
        && cell.suppressed() == 0;
  }

  private static boolean isIn(Suspect suspect, String zone) {
    Double lost = suspect.lossPercent();
    boolean gone = lost != null && lost >= GONE;
    return gone
        && switch (suspect.kind()) {
          case MESH -> true;
          case ZONE -> suspect.name().equals(zone) && suspect.direction() != Direction.EGRESS;
          case ZONE_PAIR -> suspect.name().endsWith(">" + zone);
          case NODE, PAIR, BLOCK -> false;
        };
  }

  /** All of them, by cause and name. */
  static List<Silent> of(List<JudgedPair> pairs) {
    if (pairs.stream().allMatch(pair -> pair.cause() == null)) {
      return List.of();
    }
    Map<String, Set<String>> probing = new HashMap<>();
    Map<String, Set<String>> probed = new HashMap<>();
    Map<Cause, Map<String, Set<String>>> silent = new HashMap<>();
    for (JudgedPair judged : pairs) {
      String source = judged.pair().source();
      String destination = judged.pair().destination();
      probing.computeIfAbsent(destination, k -> new HashSet<>()).add(source);
      probed.computeIfAbsent(source, k -> new HashSet<>()).add(destination);
      Cause cause = judged.cause();
      if (cause != null) {
        // Who cannot send is named itself.
        boolean own = cause == Cause.UNSENT;
        silent
            .computeIfAbsent(cause, k -> new HashMap<>())
            .computeIfAbsent(own ? source : destination, k -> new HashSet<>())
            .add(own ? destination : source);
      }
    }
    List<Silent> all = new ArrayList<>();
    silent.forEach((cause, names) ->
        names.forEach((name, others) -> {
          Set<String> tested =
              (cause == Cause.UNSENT ? probed : probing).getOrDefault(name, others);
          all.add(new Silent(name, cause, others.size(), tested.size()));
        }));
    all.sort(Comparator.comparing(Silent::cause).thenComparing(Silent::name));
    return all;
  }

  /** How they stand among the suspects. */
  static Suspect suspect(Silent silent) {
    return new Suspect(
        Kind.NODE,
        silent.name(),
        silent.cause() == Cause.UNSENT ? Direction.EGRESS : null,
        silent.sources(),
        silent.of(),
        null,
        null);
  }

  /** The verdict on a network that loses nothing, by who is silent. */
  static Verdict verdict(List<Silent> silent) {
    return silent.stream().anyMatch(one -> one.cause() == Cause.UNREACHABLE)
        ? Verdict.NODE_UNREACHABLE
        : Verdict.TARGETS_SILENT;
  }
}
