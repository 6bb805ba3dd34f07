package io.llamamesh.apiserver.rules;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.llamamesh.apiserver.problem.ApiProblem.Cause;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The compiled rules of a value and of what is in it. */
public final class RuleTree {
  /** No rules. */
  public static final RuleTree NONE =
      new RuleTree(MissingNode.getInstance(), false, List.of(), Map.of(), null, null);

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
    if (!rules.isEmpty()) {
      Map<String, Object> variables = new HashMap<>();
      variables.put("self", RuleValues.of(value, schema, isObject));
      if (before != null) {
        variables.put("oldSelf", RuleValues.of(before, schema, isObject));
      }
      String shown =
          value.isObject() ? "\"object\"" : value.isArray() ? "\"array\"" : value.toString();
      for (Rule rule : rules) {
        if (rule.isTransition() && before == null) {
          continue;
        }
        rule.violation(variables)
            .ifPresent(message ->
                causes.add(
                    new Cause(
                        "FieldValueInvalid",
                        path.isEmpty() ? "<root>" : path,
                        "Invalid value: " + shown + ": " + message)));
      }
    }
    fields.forEach((name, tree) ->
        tree.check(
            value.path(name),
            before == null ? null : before.get(name),
            path.isEmpty() ? name : path + "." + name,
            causes));
    if (items != null) {
      for (int i = 0; i < value.size(); i++) {
        items.check(value.get(i), null, path + "[" + i + "]", causes);
      }
    }
    if (values != null) {
      for (Map.Entry<String, JsonNode> entry : value.properties()) {
        values.check(entry.getValue(), null, path + "[" + entry.getKey() + "]", causes);
      }
    }
  }
}
