package io.llamamesh.apiserver.rules;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import io.llamamesh.apiserver.json.Json;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One compiled rule.
 *
 * @param declared the rule as it stands in the definition
 * @param transition whether it compares with the value before, and so holds for updates only
 * @param message computes the message, where the definition says how
 */
record Rule(
    JsonNode declared,
    CelRuntime.Program program,
    boolean transition,
    CelRuntime.@Nullable Program message) {

  /** What to tell when the rule does not hold, or nothing when it does. */
  Optional<String> broken(Map<String, Object> variables) {
    try {
      return Boolean.TRUE.equals(program.eval(variables))
          ? Optional.empty()
          : Optional.of(says(variables));
    } catch (CelEvaluationException e) {
      return Optional.of("rule evaluation failed: " + e.getMessage() + ": " + text("rule"));
    }
  }

  /** The field to name, relative to the value the rule is on; empty for that value itself. */
  String fieldPath() {
    return text("fieldPath");
  }

  /** The cause's reason. */
  String reason() {
    String reason = text("reason");
    return reason.isEmpty() ? "FieldValueInvalid" : reason;
  }

  private String says(Map<String, Object> variables) throws CelEvaluationException {
    if (message != null) {
      return String.valueOf(message.eval(variables));
    }
    String fixed = text("message");
    return fixed.isEmpty() ? "failed rule: " + text("rule") : fixed;
  }

  private String text(String field) {
    return Json.text(declared, field);
  }
}
