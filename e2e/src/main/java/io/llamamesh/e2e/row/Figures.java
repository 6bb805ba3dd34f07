package io.llamamesh.e2e.row;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Figures that a row measured, in the order in which they were noted. */
public final class Figures {
  private final List<String> noted = new ArrayList<>();

  /** Notes something. */
  public void note(String name, Object value) {
    noted.add(name + " " + value);
  }

  /** Notes how long something took. */
  public void note(String name, Duration took) {
    noted.add(name + " " + seconds(took));
  }

  static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1e3);
  }

  @Override
  public String toString() {
    return String.join(", ", noted);
  }
}
