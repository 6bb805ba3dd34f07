package io.llamamesh.registration;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Tags on a command line or in a variable, as llama-sd's client takes them. */
public final class TagList {
  private TagList() {}

  /**
   * Reads {@code key: value} items, or a list of such in one, {@code [ a: b, c: d ]}; {@code
   * key=value} serves as well.
   *
   * @throws IllegalArgumentException where an item is none, naming it
   */
  public static Map<String, String> parse(List<String> items) {
    Map<String, String> tags = new LinkedHashMap<>();
    for (String item : items) {
      String text = item.strip();
      boolean list = text.startsWith("[") && text.endsWith("]");
      for (String tag :
          list ? text.substring(1, text.length() - 1).split(",", -1) : new String[] {text}) {
        if (!tag.isBlank()) {
          put(tags, tag.strip());
        }
      }
    }
    return tags;
  }

  private static void put(Map<String, String> tags, String tag) {
    int colon = tag.indexOf(": ");
    int equals = tag.indexOf('=');
    int at = colon > 0 ? colon : equals > 0 ? equals : tag.indexOf(':');
    String value = at > 0 ? tag.substring(at + 1).strip() : "";
    if (value.isEmpty()) {
      throw new IllegalArgumentException("'" + tag + "' is no tag such as 'location: Las Vegas'");
    }
    tags.put(tag.substring(0, at).strip(), value);
  }
}
