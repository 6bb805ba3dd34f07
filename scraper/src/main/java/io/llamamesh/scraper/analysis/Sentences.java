package io.llamamesh.scraper.analysis;

import io.llamamesh.results.MeshReport;
import io.llamamesh.results.MeshReport.Direction;
import io.llamamesh.results.MeshReport.Suspect;
import io.llamamesh.results.MeshReport.Totals;
import io.llamamesh.results.Verdict;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The one sentence of a report, for people at three in the morning. */
final class Sentences {
  private static final int NAMED = 5;

  private Sentences() {}

  /** That all pairs are such of nodes that are leaving. */
  static String nothingToJudge(Set<String> leaving) {
    return "nothing to judge, since "
        + leaving.stream().sorted().limit(NAMED).collect(Collectors.joining(", "))
        + (leaving.size() > NAMED ? " and " + (leaving.size() - NAMED) + " more" : "")
        + (leaving.size() == 1 ? " is leaving" : " are leaving");
  }

  static String of(
      Verdict verdict,
      Totals totals,
      List<Suspect> suspects,
      List<JudgedPair> bad,
      List<JudgedPair> unjudged,
      Limits limits) {
    return switch (verdict) {
      case NO_DATA ->
          totals.agents() == 0
              ? "no agents found"
              : "no recent windows; %d of %d agents report"
                  .formatted(totals.agentsReporting(), totals.agents());
      case HEALTHY ->
          "none of %d pairs stays above %s%% loss or %s ms p99%s"
              .formatted(
                  totals.pairs() - unjudged.size(),
                  number(limits.lossPercent()),
                  number(limits.rttP99Millis()),
                  left(unjudged));
      case HIGH_LATENCY ->
          "%d of %d pairs %s above %s ms p99%s"
              .formatted(
                  bad.size(),
                  totals.pairs(),
                  bad.size() == 1 ? "is" : "are",
                  number(limits.rttP99Millis()),
                  culprit(suspects));
      case PAIR_LOSS, NODE_LOSS, ZONE_LOSS, ONE_WAY_LOSS, PARTIAL_PATH ->
          bad(totals, bad, limits)
              + culprit(suspects)
              + ports(verdict, bad)
              + way(verdict, suspects, bad);
    };
  }

  /** Health is told of what was measured only. */
  private static String left(List<JudgedPair> unjudged) {
    if (unjudged.isEmpty()) {
      return "";
    }
    String pairs = unjudged.size() == 1 ? "; 1 more" : "; " + unjudged.size() + " more";
    return unjudged.stream()
        .filter(pair -> pair.pooled().refused() > 0)
        .findFirst()
        .map(pair -> pairs + " not judged, refused: nobody listens at " + pair.pair().destination())
        .orElse(pairs + " not judged, no probe of theirs counts");
  }

  /** Pairs that lose and pairs that are only slow are told apart. */
  private static String bad(Totals totals, List<JudgedPair> bad, Limits limits) {
    long lossy = bad.stream().filter(JudgedPair::lossy).count();
    long slow = bad.size() - lossy;
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
    return ": "
        + kind(top)
        + direction(top.direction())
        + links(top)
        + (loss == null ? "" : ", " + number(loss) + "% loss");
  }

  /** A pair is its only link, so there is nothing to tell of that. */
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
          case NODE -> "node ";
          case ZONE -> "zone ";
          case ZONE_PAIR -> "zones ";
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

  /** Which way, and where only the other side can have told it, that it did. */
  private static String way(Verdict verdict, List<Suspect> suspects, List<JudgedPair> bad) {
    if (verdict != Verdict.ONE_WAY_LOSS) {
      return "";
    }
    return bad.stream()
        .filter(pair -> pair.verdict() == verdict)
        .filter(pair -> suspects.isEmpty() || pair.accuses(suspects.getFirst().name()))
        .findFirst()
        .map(Sentences::way)
        .orElse("");
  }

  private static String way(JudgedPair judged) {
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
