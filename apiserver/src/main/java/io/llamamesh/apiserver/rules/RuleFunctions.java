package io.llamamesh.apiserver.rules;

import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelFunctionBinding;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/**
 * Kubernetes' own functions in rules, as far as the LlamaMesh definition uses them: quantities and
 * their order. A definition with others is refused, because its rules do not compile.
 */
final class RuleFunctions {
  private static final CelType QUANTITY = OpaqueType.create("kubernetes.Quantity");

  private RuleFunctions() {}

  static List<CelFunctionDecl> declarations() {
    return List.of(
        CelFunctionDecl.newFunctionDeclaration(
            "quantity",
            CelOverloadDecl.newGlobalOverload("quantity_string", QUANTITY, SimpleType.STRING)),
        CelFunctionDecl.newFunctionDeclaration(
            "isQuantity",
            CelOverloadDecl.newGlobalOverload(
                "isQuantity_string", SimpleType.BOOL, SimpleType.STRING)),
        CelFunctionDecl.newFunctionDeclaration(
            "compareTo",
            CelOverloadDecl.newMemberOverload(
                "quantity_compareTo", SimpleType.INT, QUANTITY, QUANTITY)));
  }

  static List<CelFunctionBinding> bindings() {
    List<CelFunctionBinding> bindings = new ArrayList<>();
    bindings.addAll(
        CelFunctionBinding.fromOverloads(
            "quantity",
            CelFunctionBinding.from("quantity_string", String.class, RuleFunctions::quantity)));
    bindings.addAll(
        CelFunctionBinding.fromOverloads(
            "isQuantity",
            CelFunctionBinding.from("isQuantity_string", String.class, RuleFunctions::isQuantity)));
    bindings.addAll(
        CelFunctionBinding.fromOverloads(
            "compareTo",
            CelFunctionBinding.from(
                "quantity_compareTo",
                BigDecimal.class,
                BigDecimal.class,
                (a, b) -> (long) a.compareTo(b))));
    return bindings;
  }

  private static BigDecimal quantity(String text) {
    return Quantity.getAmountInBytes(Quantity.parse(text));
  }

  private static boolean isQuantity(String text) {
    try {
      quantity(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
