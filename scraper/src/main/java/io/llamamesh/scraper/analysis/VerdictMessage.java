package io.llamamesh.scraper.analysis;

import io.llamamesh.results.MeshReport;
import io.llamamesh.results.MeshReport.Cause;
import io.llamamesh.results.MeshReport.Direction;
import io.llamamesh.results.MeshReport.Sides;
import io.llamamesh.results.MeshReport.Silent;
import io.llamamesh.results.MeshReport.Suspect;
import io.llamamesh.results.MeshReport.Totals;
import io.llamamesh.results.Verdict;
import io.llamamesh.scraper.matrix.PairSeries;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Message of a report: the verdict in one sentence, for people at three in the morning. */
final class VerdictMessage {
  private static final int NAMED = 5;

  private VerdictMessage() {}

  /** The message if all pairs are those of leaving nodes. */
  static String nothingToJudge(Set<String> leaving) {
    return "nothing to judge, since "
        + leaving.stream().sorted().limit(NAMED).collect(Collectors.joining(", "))
        + (leaving.size() > NAMED ? " and " + (leaving.size() - NAMED) + " more" : "")
        + (leaving.size() == 1 ? " is leaving" : " are leaving");
  }

  /**
   * The message: the meaning of the verdict, then what else is silent or not measured, since a
   * verdict covers only what was measured.
   */
  static String of(
      Verdict verdict,
      Totals totals,
      List<Suspect> suspects,
      List<Silent> silent,
      List<JudgedPair> pairs,
      List<JudgedPair> bad,
      Limits limits) {
    List<JudgedPair> quiet = pairs.stream().filter(pair -> pair.cause() != null).toList();
    String silence = silent.isEmpty() ? "" : silence(silent) + concentration(quiet, pairs);
    return switch (verdict) {
      case NO_DATA ->
          totals.agents() == 0
              ? "no agents found"
              : "no recent windows; %d of %d agents report"
                  .formatted(totals.agentsReporting(), totals.agents());
      case HEALTHY, INCOMPLETE ->
          "none of %d pairs stays above %s%% loss or %s ms p99"
                  .formatted(
                      measured(pairs), number(limits.lossPercent()), number(limits.rttP99Millis()))
              + unjudged(pairs)
              + coverage(totals);
      case HIGH_LATENCY ->
          "%d of %d pairs %s above %s ms p99%s"
                  .formatted(
                      totals.badPairs(),
                      totals.pairs(),
                      totals.badPairs() == 1 ? "is" : "are",
                      number(limits.rttP99Millis()),
                      culprit(suspects))
              + concentration(bad, pairs)
              + coverage(totals);
      case NODE_UNREACHABLE, TARGETS_SILENT -> silence + slow(bad, limits) + coverage(totals);
      case PAIR_LOSS,
          NODE_LOSS,
          ZONE_LOSS,
          MESH_LOSS,
          PARTITIONED,
          PROBES_BLOCKED,
          BLOCK_LOSS,
          ONE_WAY_LOSS,
          PARTIAL_PATH ->
          bad(totals, bad, limits)
              + culprit(suspects)
              + ports(verdict, bad)
              + lostDirection(verdict, suspects, bad)
              + concentration(bad, pairs)
              + (silence.isEmpty() ? "" : "; " + silence)
              + coverage(totals);
    };
  }

  /** Clause about slow pairs beside silent ones. */
  private static String slow(List<JudgedPair> bad, Limits limits) {
    int slow = JudgedPair.distinct(bad);
    return slow == 0
        ? ""
        : "; %d %s above %s ms p99"
            .formatted(slow, slow == 1 ? "pair is" : "pairs are", number(limits.rttP99Millis()));
  }

  private static int measured(List<JudgedPair> pairs) {
    return JudgedPair.distinct(pairs.stream().filter(JudgedPair::isTested).toList());
  }

  /** Clause about pairs that are neither measured nor silent: new, draining, or skipped. */
  private static String unjudged(List<JudgedPair> pairs) {
    int more = JudgedPair.distinct(pairs) - measured(pairs);
    return more == 0 ? "" : "; %d more not judged, no probe of theirs counts".formatted(more);
  }

  private static String coverage(Totals totals) {
    int missing = totals.agents() - totals.agentsReporting();
    return missing <= 0
        ? ""
        : "; %d of %d agents %s silent"
            .formatted(missing, totals.agents(), missing == 1 ? "is" : "are");
  }

  /**
   * Clause that the fault is confined to one class or family, which points at its treatment, not at
   * a cable.
   */
  private static String concentration(List<JudgedPair> bad, List<JudgedPair> pairs) {
    String port = sharedByBadAlone(bad, pairs, PairSeries::port);
    String family = sharedByBadAlone(bad, pairs, PairSeries::family);
    return (port.isEmpty() ? "" : ", only in class " + port)
        + (family.isEmpty() ? "" : ", only over " + family);
  }

  /** The value that all bad pairs share and not all tested ones; empty without one. */
  private static String sharedByBadAlone(
      List<JudgedPair> bad, List<JudgedPair> pairs, Function<PairSeries, String> of) {
    List<String> theirs = bad.stream().map(pair -> of.apply(pair.pair())).distinct().toList();
    boolean others =
        pairs.stream().anyMatch(pair -> pair.isTested() && !theirs.contains(of.apply(pair.pair())));
    return theirs.size() == 1 && others ? theirs.getFirst() : "";
  }

  /** Clauses about silent nodes, by cause. */
  private static String silence(List<Silent> silent) {
    return Arrays.stream(Cause.values())
        .map(cause -> silence(cause, silent.stream().filter(s -> s.cause() == cause).toList()))
        .filter(words -> !words.isEmpty())
        .collect(Collectors.joining("; "));
  }

  private static String silence(Cause cause, List<Silent> silent) {
    if (silent.isEmpty()) {
      return "";
    }
    boolean one = silent.size() == 1;
    if (cause == Cause.UNREACHABLE) {
      return names(silent)
          + (one
              ? " answers neither probes nor HTTP: the node or its agent is down, or it is cut off"
              : " answer neither probes nor HTTP: the nodes or their agents are down, or they are"
                  + " cut off");
    }
    String whom = cause == Cause.UNSENT ? "destination" : "source";
    return names(silent)
        + " "
        + what(cause, one)
        + " "
        + (one ? share(silent.getFirst(), whom) : whom + "s of theirs");
  }

  private static String what(Cause cause, boolean one) {
    return switch (cause) {
      case UNREACHABLE -> one ? "does not answer" : "do not answer";
      case REFUSED -> one ? "refuses" : "refuse";
      case UNSENT -> "cannot send to";
      case UNANSWERED -> one ? "has no usable answer for" : "have no usable answer for";
    };
  }

  private static String share(Silent silent, String whom) {
    if (silent.of() == 1) {
      return "its only " + whom;
    }
    return silent.sources() == silent.of()
        ? "all %d %ss".formatted(silent.of(), whom)
        : "%d of its %d %ss".formatted(silent.sources(), silent.of(), whom);
  }

  private static String names(List<Silent> silent) {
    return side(silent.stream().map(Silent::name).toList());
  }

  private static String side(List<String> names) {
    return names.stream().limit(NAMED).collect(Collectors.joining(", "))
        + (names.size() > NAMED ? " and " + (names.size() - NAMED) + " more" : "");
  }

  /** Clause about bad pairs, lossy ones and slow ones apart. */
  private static String bad(Totals totals, List<JudgedPair> bad, Limits limits) {
    int lossy = JudgedPair.distinct(bad.stream().filter(JudgedPair::isLossy).toList());
    int slow = totals.badPairs() - lossy;
    String are = lossy == 1 ? "is" : "are";
    if (slow == 0) {
      return "%d of %d pairs %s bad".formatted(lossy, totals.pairs(), are);
    }
    return "%d of %d pairs %s bad, %d more above %s ms p99"
        .formatted(lossy, totals.pairs(), are, slow, number(limits.rttP99Millis()));
  }

  private static String culprit(List<Suspect> suspects) {
    if (suspects.isEmpty()) {
      return "";
    }
    Suspect top = suspects.getFirst();
    Double loss = top.lossPercent();
    if (top.kind() == MeshReport.Kind.MESH) {
      return ": the whole mesh, %d of its %d tested links".formatted(top.explains(), top.of())
          + (loss == null ? "" : ", " + number(loss) + "% loss")
          + "; look for what all have in common: a filter of the probes' port, keys, the core";
    }
    Sides sides = top.sides();
    if (sides != null) {
      return ": "
          + (sides.bothWays() ? "between " : "from ")
          + side(sides.from())
          + (sides.bothWays() ? " and " : " to ")
          + side(sides.to())
          + (sides.bothWays() ? ", both ways" : ", one way")
          + links(top)
          + (loss == null ? "" : ", " + number(loss) + "% loss")
          + (sides.via().isEmpty()
              ? ""
              : "; "
                  + side(sides.via())
                  + (sides.via().size() == 1 ? " reaches" : " reach")
                  + " both");
    }
    return ": "
        + kind(top)
        + direction(top.direction())
        + links(top)
        + (loss == null ? "" : ", " + number(loss) + "% loss");
  }

  /** Clause about a suspect's tested links; empty for a pair, which is its only link. */
  private static String links(Suspect suspect) {
    if (suspect.kind() == MeshReport.Kind.PAIR) {
      return "";
    }
    return suspect.explains() == suspect.of()
        ? ", all %d of its tested links".formatted(suspect.of())
        : ", %d of its %d tested links".formatted(suspect.explains(), suspect.of());
  }

  private static String kind(Suspect suspect) {
    String kind =
        switch (suspect.kind()) {
          case MESH -> "mesh ";
          case NODE -> "node ";
          case ZONE -> "zone ";
          case ZONE_PAIR -> "zones ";
          case BLOCK -> "nodes ";
          case PAIR -> "pair ";
        };
    return kind + suspect.name();
  }

  private static String direction(@Nullable Direction direction) {
    if (direction == null) {
      return "";
    }
    return switch (direction) {
      case EGRESS -> " egress";
      case INGRESS -> " ingress";
    };
  }

  private static String ports(Verdict verdict, List<JudgedPair> bad) {
    if (verdict != Verdict.PARTIAL_PATH) {
      return "";
    }
    return bad.stream()
        .filter(pair -> !pair.badPorts().isEmpty())
        .findFirst()
        .map(pair -> ", on source ports " + pair.badPorts())
        .orElse("");
  }

  /**
   * Clause about the direction of a one-way loss, and about its source if that is the reflector's
   * count.
   */
  private static String lostDirection(
      Verdict verdict, List<Suspect> suspects, List<JudgedPair> bad) {
    if (verdict != Verdict.ONE_WAY_LOSS) {
      return "";
    }
    return bad.stream()
        .filter(pair -> pair.verdict() == verdict)
        .filter(pair -> suspects.isEmpty() || pair.accuses(suspects.getFirst().name()))
        .findFirst()
        .map(VerdictMessage::lostDirection)
        .orElse("");
  }

  private static String lostDirection(JudgedPair judged) {
    String way =
        switch (judged.direction()) {
          case FORWARD -> ", on the way there (forward)";
          case RETURN ->
              ", on the way back (return) of the probes of %s".formatted(judged.pair().source());
          case UNKNOWN -> "";
        };
    return way.isEmpty() || judged.pooled().received() > 0
        ? way
        : way + ", by the reflector's own count";
  }

  private static String number(double value) {
    String text = String.format(Locale.ROOT, "%.2f", value);
    return text.replaceFirst("\\.?0+$", "");
  }
}
