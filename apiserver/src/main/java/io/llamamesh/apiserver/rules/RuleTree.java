package io.llamamesh.apiserver.rules;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.llamamesh.apiserver.problem.ApiProblem.Cause;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The compiled rules of a value and of what is in it. */
public final class RuleTree {
  /** No rules. */
  static final RuleTree NONE =
      new RuleTree(JsonNodeFactory.instance.objectNode(), false, List.of(), Map.of(), null, null);

  private final JsonNode schema;
  private final boolean isObject;
  private final List<Rule> rules;
  private final Map<String, RuleTree> fields;
  private final @Nullable RuleTree items;
  private final @Nullable RuleTree values;

  RuleTree(
      JsonNode schema,
      boolean isObject,
      List<Rule> rules,
      Map<String, RuleTree> fields,
      @Nullable RuleTree items,
      @Nullable RuleTree values) {
    this.schema = schema;
    this.isObject = isObject;
    this.rules = rules;
    this.fields = fields;
    this.items = items == null || items.isEmpty() ? null : items;
    this.values = values == null || values.isEmpty() ? null : values;
  }

  boolean isEmpty() {
    return rules.isEmpty() && fields.isEmpty() && items == null && values == null;
  }

  /**
   * Every rule that an object breaks.
   *
   * @param before the version that it replaces, or null
   */
  public List<Cause> check(JsonNode object, @Nullable JsonNode before) {
    List<Cause> causes = new ArrayList<>();
    check(object, before, "", causes);
    return causes;
  }

  private void check(JsonNode value, @Nullable JsonNode before, String path, List<Cause> causes) {
    if (value.isNull() || value.isMissingNode()) {
      return;
    }
    own(value, before, path, causes);
    fields.forEach((name, tree) ->
        tree.check(
            value.path(name),
            before == null ? null : before.get(name),
            path.isEmpty() ? name : path + "." + name,
            causes));
    if (items != null) {
      for (int i = 0; i < value.size(); i++) {
        items.check(value.get(i), counterpart(value.get(i), before), path + "[" + i + "]", causes);
      }
    }
    if (values != null) {
      for (Map.Entry<String, JsonNode> entry : value.properties()) {
        values.check(
            entry.getValue(),
            before == null ? null : before.get(entry.getKey()),
            path + "[" + entry.getKey() + "]",
            causes);
      }
    }
  }

  private void own(JsonNode value, @Nullable JsonNode before, String path, List<Cause> causes) {
    if (rules.isEmpty()) {
      return;
    }
    Map<String, Object> variables = new HashMap<>();
    variables.put("self", RuleValues.of(value, schema, isObject));
    if (before != null) {
      variables.put("oldSelf", RuleValues.of(before, schema, isObject));
    }
    for (Rule rule : rules) {
      if (rule.transition() && before == null) {
        continue;
      }
      rule.broken(variables)
          .ifPresent(message -> {
            String at = path + rule.fieldPath();
            at = at.startsWith(".") ? at.substring(1) : at;
            causes.add(
                new Cause(
                    rule.reason(),
                    at.isEmpty() ? "<root>" : at,
                    "Invalid value: " + shown(value) + ": " + message));
          });
    }
  }

  /** The same item in the list before, where items have keys; elsewhere there is no telling. */
  private @Nullable JsonNode counterpart(JsonNode item, @Nullable JsonNode before) {
    JsonNode keys = schema.path("x-kubernetes-list-map-keys");
    if (before == null || keys.isEmpty()) {
      return null;
    }
    for (JsonNode candidate : before) {
      boolean same = true;
      for (JsonNode key : keys) {
        same &= candidate.path(key.asText()).equals(item.path(key.asText()));
      }
      if (same) {
        return candidate;
      }
    }
    return null;
  }

  private static String shown(JsonNode value) {
    return value.isObject() ? "\"object\"" : value.isArray() ? "\"array\"" : value.toString();
  }
}
