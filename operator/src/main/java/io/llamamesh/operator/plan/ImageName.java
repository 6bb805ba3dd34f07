package io.llamamesh.operator.plan;

import java.util.regex.Pattern;

/**
 * Syntax of an image's name: {@code [registry/]path[:tag][@digest]}, by the grammar of the
 * distribution project ({@code reference}), which container runtimes read names by.
 */
final class ImageName {
  private static final int MAX_LENGTH = 640;
  private static final int MAX_NAME = 255;
  private static final String LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
  private static final String DOMAIN =
      "(?:" + LABEL + "(?:\\." + LABEL + ")*|\\[[a-fA-F0-9:]+])(?::[0-9]+)?";
  private static final String COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
  private static final String TAG = "\\w[\\w.-]{0,127}";
  private static final String DIGEST =
      "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
  private static final Pattern REFERENCE =
      Pattern.compile(
          "(?<name>(?:"
              + DOMAIN
              + "/)?"
              + COMPONENT
              + "(?:/"
              + COMPONENT
              + ")*)(?::"
              + TAG
              + ")?(?:@"
              + DIGEST
              + ")?");

  private ImageName() {}

  static boolean isReference(String text) {
    if (text.length() > MAX_LENGTH) {
      return false;
    }
    var matcher = REFERENCE.matcher(text);
    return matcher.matches() && matcher.group("name").length() <= MAX_NAME;
  }
}
