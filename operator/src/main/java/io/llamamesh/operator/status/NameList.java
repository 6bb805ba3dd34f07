package io.llamamesh.operator.status;

import java.util.List;
import java.util.stream.Collectors;

/** Names in a message. */
public final class NameList {
  private NameList() {}

  /** The first of them, and how many more there are: {@code a, b and 3 more}. */
  public static String abbreviated(List<String> names, int most) {
    return names.stream().limit(most).collect(Collectors.joining(", "))
        + (names.size() > most ? " and " + (names.size() - most) + " more" : "");
  }
}
