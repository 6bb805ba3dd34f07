package io.llamamesh.e2e.row;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Windows that agents published, held against the lines of a store and against what agents and
 * scrapers logged as given up.
 */
final class WindowLedger {
  private static final String MEASUREMENT = "raw_stats";
  private static final Pattern LINE =
      Pattern.compile("^" + MEASUREMENT + ",(?<tags>[^ ]*) .* (?<millis>\\d+)$");
  private static final Pattern LEFT = Pattern.compile("unread windows not uploaded .*left=(\\d+)");
  private static final Pattern MISSED =
      Pattern.compile("no longer retained by the agent agent=(\\S+) windows=(\\d+)");

  private final Map<Window, Set<String>> published = new ConcurrentHashMap<>();

  /** An agent's window. */
  record Window(String agent, Instant end) implements Comparable<Window> {
    @Override
    public int compareTo(Window other) {
      return Comparator.comparing(Window::agent).thenComparing(Window::end).compare(this, other);
    }
  }

  /** Windows that are not in the store, and why. */
  record Balance(int published, int counted, Set<Window> unexplained) {}

  /** Notes points of a page of an agent; any thread may. */
  void publish(JsonNode points) {
    for (JsonNode point : points) {
      JsonNode tags = point.path("tags");
      if (point.path("measurement").asText().equals(MEASUREMENT)) {
        published
            .computeIfAbsent(
                new Window(
                    tags.path("src_name").asText(), Instant.parse(point.path("time").asText())),
                window -> ConcurrentHashMap.newKeySet())
            .add(tags.path("dst_name").asText());
      }
    }
  }

  /** True where an agent has published a window that ended after a moment. */
  boolean hasPublishedSince(String agent, Instant moment) {
    return published.keySet().stream()
        .anyMatch(window -> window.agent().equals(agent) && window.end().isAfter(moment));
  }

  /**
   * Accounts for the windows that ended between two moments.
   *
   * @param stored all lines of the store
   * @param given windows that were given up in all, by agent, as {@link #countGivenUp} found them
   */
  Balance balance(
      Collection<String> stored, Map<String, Long> given, Instant from, Instant before) {
    Map<Window, Set<String>> missing = new HashMap<>();
    published.forEach((window, peers) -> {
      if (!window.end().isBefore(from) && window.end().isBefore(before)) {
        missing.put(window, new HashSet<>(peers));
      }
    });
    int all = missing.size();
    for (String line : stored) {
      Matcher matcher = LINE.matcher(line);
      if (matcher.find()) {
        Map<String, String> tags = tags(matcher.group("tags"));
        Set<String> peers =
            missing.get(new Window(tags.getOrDefault("src_name", ""), end(matcher)));
        if (peers != null) {
          peers.remove(tags.get("dst_name"));
        }
      }
    }
    missing.values().removeIf(Set::isEmpty);
    Map<String, Long> left = new HashMap<>(given);
    Set<Window> unexplained = new TreeSet<>();
    for (Window window : missing.keySet()) {
      if (left.merge(window.agent(), -1L, Long::sum) < 0) {
        unexplained.add(window);
      }
    }
    return new Balance(all, missing.size() - unexplained.size(), unexplained);
  }

  /** Windows of a pair that are in a store under more than one set of tags, in words. */
  static Set<String> doubled(Collection<String> stored) {
    Map<String, String> first = new HashMap<>();
    Set<String> doubled = new TreeSet<>();
    for (String line : stored) {
      Matcher matcher = LINE.matcher(line);
      if (matcher.find()) {
        Map<String, String> tags = tags(matcher.group("tags"));
        String point =
            "%s>%s port %s at %s"
                .formatted(
                    tags.get("src_name"), tags.get("dst_name"), tags.get("port"), end(matcher));
        String before = first.putIfAbsent(point, matcher.group("tags"));
        if (before != null && !before.equals(matcher.group("tags"))) {
          doubled.add(point + ": " + before + " and " + matcher.group("tags"));
        }
      }
    }
    return doubled;
  }

  /**
   * Adds windows that a log calls given up, by agent.
   *
   * @param node whose pods logged it
   * @param nodes names of nodes by their addresses: an agent without a name yet is called by its
   *     address
   */
  static void countGivenUp(
      List<String> log, String node, Map<String, String> nodes, Map<String, Long> given) {
    for (String line : log) {
      Matcher left = LEFT.matcher(line);
      if (left.find()) {
        given.merge(node, Long.valueOf(left.group(1)), Long::sum);
      }
      Matcher missed = MISSED.matcher(line);
      if (missed.find()) {
        String agent = missed.group(1);
        given.merge(
            nodes.getOrDefault(agent.replaceFirst(":\\d+$", ""), agent),
            Long.valueOf(missed.group(2)),
            Long::sum);
      }
    }
  }

  private static Instant end(Matcher line) {
    return Instant.ofEpochMilli(Long.parseLong(line.group("millis")));
  }

  private static Map<String, String> tags(String text) {
    Map<String, String> tags = new HashMap<>();
    for (String each : text.split(",", -1)) {
      int equals = each.indexOf('=');
      if (equals > 0) {
        tags.put(each.substring(0, equals), each.substring(equals + 1));
      }
    }
    return tags;
  }
}
