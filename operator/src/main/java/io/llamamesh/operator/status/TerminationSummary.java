package io.llamamesh.operator.status;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The end of what a container said before it ended, short enough for a condition: whole lines, the
 * frames of stack traces left out, since what went wrong stands before them.
 */
public final class TerminationSummary {
  private static final int MOST = 200;

  private TerminationSummary() {}

  /**
   * The last words; empty where there are none.
   *
   * @param message the termination message, or the end of the log
   */
  public static String of(@Nullable String message) {
    if (message == null) {
      return "";
    }
    List<String> lines =
        message
            .lines()
            .filter(line -> !isFrame(line))
            .map(String::strip)
            .filter(line -> !line.isEmpty())
            .toList();
    StringBuilder words = new StringBuilder();
    for (String line : lines.reversed()) {
      if (words.isEmpty()) {
        words.append(line.length() > MOST ? line.substring(0, MOST - 1) + "…" : line);
      } else if (words.length() + line.length() + 3 <= MOST) {
        words.insert(0, line + " / ");
      } else {
        break;
      }
    }
    return words.toString();
  }

  private static boolean isFrame(String line) {
    String text = line.strip();
    return (Character.isWhitespace(line.isEmpty() ? 'x' : line.charAt(0)) && text.startsWith("at "))
        || (text.startsWith("... ") && text.endsWith(" more"));
  }
}
