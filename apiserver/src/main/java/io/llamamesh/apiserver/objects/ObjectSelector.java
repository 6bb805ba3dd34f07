package io.llamamesh.apiserver.objects;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.problem.ApiProblem;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The objects that a label selector and a field selector choose; any field may be named. */
public final class ObjectSelector {
  /** Everything. */
  public static final ObjectSelector ALL = new ObjectSelector(List.of());

  private static final Pattern IN =
      Pattern.compile("\\s*(\\S+)\\s+(in|notin)\\s*\\(([^)]*)\\)\\s*");
  private static final Pattern EQUAL =
      Pattern.compile("\\s*([^\\s=!]+)\\s*(==|=|!=)\\s*(\\S*)\\s*");
  private static final Pattern EXISTS = Pattern.compile("\\s*(!?)\\s*([^\\s=!]+)\\s*");
  private final List<Predicate<JsonNode>> requirements;

  private ObjectSelector(List<Predicate<JsonNode>> requirements) {
    this.requirements = requirements;
  }

  /**
   * Reads both selectors as queries carry them; either may be empty.
   *
   * @throws ApiProblem 400 when one cannot be read
   */
  public static ObjectSelector of(String labels, String fields) {
    if (labels.isEmpty() && fields.isEmpty()) {
      return ALL;
    }
    List<Predicate<JsonNode>> all = new ArrayList<>();
    for (String part : split(labels)) {
      all.add(label(part));
    }
    for (String part : split(fields)) {
      all.add(field(part));
    }
    return new ObjectSelector(all);
  }

  /** True when an object is selected. */
  public boolean matches(JsonNode object) {
    for (Predicate<JsonNode> requirement : requirements) {
      if (!requirement.test(object)) {
        return false;
      }
    }
    return true;
  }

  private static Predicate<JsonNode> label(String part) {
    Matcher in = IN.matcher(part);
    if (in.matches()) {
      String key = in.group(1);
      Set<String> values = Set.copyOf(List.of(in.group(3).trim().split("\\s*,\\s*", -1)));
      boolean wanted = in.group(2).equals("in");
      return object -> {
        JsonNode value = value(object, key);
        return value.isMissingNode() ? !wanted : values.contains(value.asText()) == wanted;
      };
    }
    Matcher equal = EQUAL.matcher(part);
    if (equal.matches()) {
      String key = equal.group(1);
      String wanted = equal.group(3);
      boolean same = !equal.group(2).equals("!=");
      return object -> {
        JsonNode value = value(object, key);
        return (!value.isMissingNode() && value.asText().equals(wanted)) == same;
      };
    }
    Matcher exists = EXISTS.matcher(part);
    if (exists.matches()) {
      boolean wanted = exists.group(1).isEmpty();
      return object -> value(object, exists.group(2)).isMissingNode() != wanted;
    }
    throw ApiProblem.badRequest("unable to parse requirement: " + part);
  }

  private static JsonNode value(JsonNode object, String label) {
    return object.path("metadata").path("labels").path(label);
  }

  private static Predicate<JsonNode> field(String part) {
    Matcher equal = EQUAL.matcher(part);
    if (!equal.matches()) {
      throw ApiProblem.badRequest(
          "invalid selector: '" + part + "'; can't understand '" + part + "'");
    }
    String[] names = equal.group(1).split("\\.", -1);
    boolean same = !equal.group(2).equals("!=");
    String wanted = equal.group(3);
    return object -> Json.text(object, names).equals(wanted) == same;
  }

  private static List<String> split(String selector) {
    List<String> parts = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i < selector.length(); i++) {
      char c = selector.charAt(i);
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (c == ',' && depth == 0) {
        parts.add(selector.substring(start, i));
        start = i + 1;
      }
    }
    parts.add(selector.substring(start));
    parts.removeIf(String::isBlank);
    return parts;
  }
}
