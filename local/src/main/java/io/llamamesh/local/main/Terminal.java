package io.llamamesh.local.main;

import java.io.PrintStream;
import java.util.Locale;

/**
 * The user's terminal: progress with the time since the start, and a table that is redrawn in place
 * where that is possible.
 */
final class Terminal {
  private static final String CLEAR = "\u001b[H\u001b[2J";
  private final PrintStream out;
  private final boolean interactive;
  private final long began = System.nanoTime();

  Terminal(PrintStream out, boolean interactive) {
    this.out = out;
    this.interactive = interactive;
  }

  /** True where a person watches, so that colours and redrawing make sense. */
  boolean isInteractive() {
    return interactive;
  }

  /** Seconds since the start. */
  double seconds() {
    return (System.nanoTime() - began) / 1e9;
  }

  /** A line of progress. */
  void progress(String text) {
    out.printf(Locale.ROOT, "%5.1f s  %s%n", seconds(), text);
    out.flush();
  }

  /** Text as it is. */
  void print(String text) {
    out.println(text.stripTrailing());
    out.flush();
  }

  /** Text in place of all that was there. */
  void redraw(String text) {
    out.print(CLEAR);
    print(text);
  }
}
