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
 * Silent nodes and targets, which answer no probe though the network does not lose them: a node
 * whose agent does not answer the scraper either, a host on which nothing listens, a kernel that
 * does not send.
 */
final class SilentNodes {
  /** Loss in percent from which on a zone or the mesh counts as gone. */
  private static final double GONE = 90;

  private SilentNodes() {}

  /**
   * Names of nodes that answer neither probes nor the scraper.
   *
   * @param silentAgents names of nodes whose agents neither report nor answer
   */
  static Set<String> unreachable(List<JudgedPair> pairs, Set<String> silentAgents) {
    Set<String> dead = new HashSet<>();
    Set<String> alive = new HashSet<>();
    for (JudgedPair pair : pairs) {
      String destination = pair.pair().destination();
      // The last windows of a silent source are from before.
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
   * The pairs, with those to unreachable nodes as silent instead of lossy. A host that refuses any
   * node's probes is up, and so the others' losses there are its agent's, too.
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
   * True if losses to a zone's node are part of a larger fault: if a whole zone, a pair of zones or
   * the mesh is gone at once, the network is the likelier cause.
   *
   * @param suspects suspects that explain the lossy pairs
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

  /** The silent nodes of judged pairs, by cause and name. */
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
        // A node that cannot send is itself the silent one.
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

  /** The suspect of a silent node. */
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

  /** The verdict on a network without loss, by its silent nodes. */
  static Verdict verdict(List<Silent> silent) {
    return silent.stream().anyMatch(one -> one.cause() == Cause.UNREACHABLE)
        ? Verdict.NODE_UNREACHABLE
        : Verdict.TARGETS_SILENT;
  }
}
