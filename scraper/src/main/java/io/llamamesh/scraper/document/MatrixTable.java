package io.llamamesh.scraper.document;

import io.llamamesh.results.MatrixDocument;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The matrix as a text table for a terminal: a row per source, a column per destination; each cell
 * has loss in percent and the median RTT. Missing data is a {@code ·}, never a zero.
 *
 * @param colour true to colour cells with ANSI codes
 * @param maxNodes rows and columns at most; beyond that the worst are shown and the rest counted
 */
public record MatrixTable(boolean colour, int maxNodes) {
  private static final String RESET = "\u001b[0m";
  private static final String DIM = "\u001b[2m";
  private static final String GOOD = "\u001b[32m";
  private static final String SOME = "\u001b[33m";
  private static final String BAD = "\u001b[1;97;41m";
  private static final String BOLD = "\u001b[1m";
  private static final int MIN_CELL = 13;

  /** Renders every traffic class one below the other; lines end with {@code \n}. */
  public String render(MatrixDocument document) {
    StringBuilder text = new StringBuilder();
    if (document.classes().isEmpty()) {
      text.append(waiting(document)).append('\n');
      return text.toString();
    }
    for (MatrixDocument.TrafficClass traffic : document.classes()) {
      render(document, traffic, text);
    }
    appendMissing(document, text);
    return text.toString();
  }

  private void render(
      MatrixDocument document, MatrixDocument.TrafficClass traffic, StringBuilder text) {
    Map<String, MatrixDocument.Pair> pairs = new HashMap<>();
    for (MatrixDocument.Pair pair : document.pairs()) {
      if (pair.port().equals(traffic.port()) && pair.family().equals(traffic.family())) {
        pairs.put(pair.source() + '\n' + pair.destination(), pair);
      }
    }
    List<String> names = shown(document, pairs.values());
    int label = names.stream().mapToInt(String::length).max().orElse(0);
    int width = Math.max(MIN_CELL, label + 1);
    text.append(paint(BOLD, "class " + traffic.port() + " " + traffic.family()))
        .append("   loss % / median RTT, ")
        .append(document.windows())
        .append(document.windows() == 1 ? " window of " : " windows of ")
        .append(document.intervalSeconds())
        .append(" s, rows probe columns\n")
        .append(" ".repeat(label));
    for (String destination : names) {
      text.append(pad(destination, width));
    }
    text.append('\n');
    for (String source : names) {
      text.append(source).append(" ".repeat(label - source.length()));
      for (String destination : names) {
        cell(document, pairs.get(source + '\n' + destination), source, destination, width, text);
      }
      text.append('\n');
    }
    int hidden = document.nodes().size() - names.size();
    if (hidden > 0) {
      text.append(hidden).append(" more nodes without worse pairs are not shown\n");
    }
  }

  private void cell(
      MatrixDocument document,
      MatrixDocument.@Nullable Pair pair,
      String source,
      String destination,
      int width,
      StringBuilder text) {
    if (source.equals(destination) && pair == null) {
      text.append(paint(DIM, pad("\\", width)));
    } else if (pair == null) {
      text.append(paint(DIM, pad("·", width)));
    } else if (pair.lossPercent() == null) {
      boolean refused = pair.refused() > 0;
      text.append(paint(refused ? BAD : DIM, pad(refused ? "refused" : "·", width)));
    } else {
      String loss = String.format(Locale.ROOT, "%s%%", percent(pair.lossPercent()));
      text.append(paint(colourOf(document, pair), pad(loss + " " + millis(pair.rttP50()), width)));
    }
  }

  private static String colourOf(MatrixDocument document, MatrixDocument.Pair pair) {
    double loss = pair.lossPercent() == null ? 0 : pair.lossPercent();
    if (loss > document.lossPercentLimit()
        || (pair.rttP99() != null && pair.rttP99() > document.rttP99LimitMillis())) {
      return BAD;
    }
    return loss > 0 ? SOME : GOOD;
  }

  /**
   * The nodes to show: of too many for a terminal those of the worst pairs, in the document's
   * order.
   */
  private List<String> shown(MatrixDocument document, Iterable<MatrixDocument.Pair> pairs) {
    List<String> names = document.nodes().stream().map(MatrixDocument.Node::name).toList();
    if (names.size() <= maxNodes) {
      return names;
    }
    Map<String, Double> worst = new HashMap<>();
    for (MatrixDocument.Pair pair : pairs) {
      double loss = pair.lossPercent() == null ? 0 : pair.lossPercent();
      worst.merge(pair.source(), loss, Math::max);
      worst.merge(pair.destination(), loss, Math::max);
    }
    List<String> byLoss = new ArrayList<>(names);
    byLoss.sort((a, b) -> Double.compare(worst.getOrDefault(b, 0.0), worst.getOrDefault(a, 0.0)));
    List<String> kept = byLoss.subList(0, maxNodes);
    return names.stream().filter(kept::contains).toList();
  }

  private void appendMissing(MatrixDocument document, StringBuilder text) {
    for (MatrixDocument.Node node : document.nodes()) {
      if (node.silencedUntil() != null) {
        text.append(node.name())
            .append(" is silenced until ")
            .append(node.silencedUntil())
            .append(" and not judged\n");
      }
      if (node.method() != null) {
        text.append(node.name()).append(" is probed by ").append(node.method()).append('\n');
      }
      if (node.isLeaving()) {
        text.append(node.name()).append(" is leaving and not judged\n");
      } else if (node.agent() && !node.reporting()) {
        text.append(paint(SOME, node.name() + " does not report"));
        if (node.lastSeen() != null) {
          long seconds = Duration.between(node.lastSeen(), document.time()).toSeconds();
          text.append(", last answer ").append(Math.max(0, seconds)).append(" s ago");
        }
        if (node.problem() != null) {
          text.append(": ").append(node.problem());
        }
        text.append('\n');
      }
    }
  }

  private static String waiting(MatrixDocument document) {
    long agents = document.nodes().stream().filter(MatrixDocument.Node::agent).count();
    if (agents == 0) {
      return "no agents found yet";
    }
    long answering = document.nodes().stream().filter(n -> n.lastSeen() != null).count();
    return "waiting for the first windows: %d of %d agents answer".formatted(answering, agents);
  }

  /** A loss in percent with the digits that matter; a loss that is not zero never reads as zero. */
  public static String percent(double loss) {
    if (loss > 0 && loss < 0.01) {
      return "<0.01";
    }
    return loss == 0 || loss >= 100
        ? String.format(Locale.ROOT, "%.0f", loss)
        : String.format(Locale.ROOT, loss < 10 ? "%.2f" : "%.1f", loss);
  }

  /** An RTT in milliseconds or microseconds. */
  public static String millis(@Nullable Double rtt) {
    if (rtt == null) {
      return "–";
    }
    if (rtt < 1) {
      return String.format(Locale.ROOT, "%.0fµs", rtt * 1000);
    }
    return String.format(Locale.ROOT, rtt < 100 ? "%.1fms" : "%.0fms", rtt);
  }

  private String paint(String code, String text) {
    if (!colour) {
      return text;
    }
    String bare = text.stripLeading();
    return text.substring(0, text.length() - bare.length()) + code + bare + RESET;
  }

  private static String pad(String text, int width) {
    return text.length() >= width ? " " + text : " ".repeat(width - text.length()) + text;
  }
}
