package io.llamamesh.agent.netns;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Tests that make network namespaces, several at a time since they mostly wait; where namespaces
 * cannot be made they are skipped and say why.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Execution(ExecutionMode.CONCURRENT)
@ExtendWith(InNamespaces.Condition.class)
@interface InNamespaces {

  /** Tries what the tests need, once. */
  final class Condition implements ExecutionCondition {

    private static final Optional<String> MISSING = missing();

    private static Optional<String> missing() {
      try {
        Lab.removeLeftovers();
        try (Lab lab = Lab.routed()) {
          lab.host("right").rule("input", "udp dport 1 counter name seen drop");
        }
        return Optional.empty();
      } catch (RuntimeException e) {
        return Optional.of(
            "needs Linux, root, ip (iproute2) and nft (nftables) to make network namespaces: " + e);
      }
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      return MISSING
          .map(ConditionEvaluationResult::disabled)
          .orElseGet(() -> ConditionEvaluationResult.enabled("network namespaces can be made"));
    }
  }
}
