package io.llamamesh.operator.plan;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Kubernetes' label selectors, by the rules of its {@code apimachinery/pkg/labels}. */
final class LabelSelectors {
  private LabelSelectors() {}

  /** Whether the labels fit; an empty selector fits all. */
  static boolean matches(LabelSelector selector, Map<String, String> labels) {
    Map<String, String> wanted = selector.getMatchLabels();
    if (wanted != null && !labels.entrySet().containsAll(wanted.entrySet())) {
      return false;
    }
    List<LabelSelectorRequirement> requirements = selector.getMatchExpressions();
    return requirements == null || requirements.stream().allMatch(r -> matches(r, labels));
  }

  private static boolean matches(LabelSelectorRequirement r, Map<String, String> labels) {
    String value = labels.get(r.getKey());
    Set<String> values = r.getValues() == null ? Set.of() : Set.copyOf(r.getValues());
    return switch (String.valueOf(r.getOperator())) {
      case "In" -> value != null && values.contains(value);
      case "NotIn" -> value == null || !values.contains(value);
      case "Exists" -> value != null;
      case "DoesNotExist" -> value == null;
      // The spec is refused before it comes here, see SpecCheck; a selector that cannot be read
      // selects nothing.
      default -> false;
    };
  }
}
