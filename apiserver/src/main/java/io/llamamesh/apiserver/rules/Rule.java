package io.llamamesh.apiserver.rules;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import io.llamamesh.apiserver.json.Json;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One compiled rule.
 *
 * @param declared the rule as it stands in the definition
 */
record Rule(JsonNode declared, CelRuntime.Program program) {
  private static final Pattern OLD = Pattern.compile("\\boldSelf\\b");

  /** True when it compares with the value before, and so holds for updates only. */
  boolean isTransition() {
    return OLD.matcher(Json.text(declared, "rule")).find();
  }

  /** The message for a value that breaks the rule, or nothing when it holds. */
  Optional<String> violation(Map<String, Object> variables) {
    String rule = Json.text(declared, "rule");
    try {
      if (Boolean.TRUE.equals(program.eval(variables))) {
        return Optional.empty();
      }
      String message = Json.text(declared, "message");
      return Optional.of(message.isEmpty() ? "failed rule: " + rule : message);
    } catch (CelEvaluationException e) {
      return Optional.of("rule evaluation failed: " + e.getMessage() + ": " + rule);
    }
  }
}
