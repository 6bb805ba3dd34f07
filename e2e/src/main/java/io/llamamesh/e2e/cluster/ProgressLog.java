package io.llamamesh.e2e.cluster;

import java.io.PrintStream;
import java.util.Locale;

/** Progress for people: lines with the time since the start. */
public final class ProgressLog {
  private final PrintStream out;
  private final long began = System.nanoTime();

  public ProgressLog(PrintStream out) {
    this.out = out;
  }

  /** Prints a line with the time. */
  public void log(String text) {
    out.printf(Locale.ROOT, "%6.1f s  %s%n", (System.nanoTime() - began) / 1e9, text);
    out.flush();
  }

  /** Prints text as it is. */
  public void print(String text) {
    out.println(text);
    out.flush();
  }
}
