package io.llamamesh.apiserver.rules;

import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelFunctionOverload;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Kubernetes' own functions in rules: quantities, and whether a text is an IP address or CIDR. Not
 * here: url(), ip(), cidr() and format(); a rule that uses them does not compile, and its
 * definition is refused.
 */
final class RuleFunctions {
  private static final CelType QUANTITY = OpaqueType.create("kubernetes.Quantity");
  private static final Pattern IPV4 =
      Pattern.compile("((25[0-5]|2[0-4]\\d|1?\\d?\\d)\\.){3}(25[0-5]|2[0-4]\\d|1?\\d?\\d)");
  private static final Pattern IPV6 = Pattern.compile("(?=.*:.*:)[0-9a-fA-F:.]{2,45}");

  private final List<CelFunctionDecl> declarations = new ArrayList<>();
  private final List<CelFunctionBinding> bindings = new ArrayList<>();

  RuleFunctions() {
    global("quantity", QUANTITY, RuleFunctions::quantity);
    global("isQuantity", SimpleType.BOOL, RuleFunctions::isQuantity);
    global("isIP", SimpleType.BOOL, RuleFunctions::isIp);
    global("isCIDR", SimpleType.BOOL, RuleFunctions::isCidr);
    of("sign", SimpleType.INT, q -> (long) q.signum());
    of("isInteger", SimpleType.BOOL, q -> q.stripTrailingZeros().scale() <= 0);
    of("asInteger", SimpleType.INT, BigDecimal::longValueExact);
    of("asApproximateFloat", SimpleType.DOUBLE, BigDecimal::doubleValue);
    with("isGreaterThan", SimpleType.BOOL, (a, b) -> a.compareTo(b) > 0);
    with("isLessThan", SimpleType.BOOL, (a, b) -> a.compareTo(b) < 0);
    with("compareTo", SimpleType.INT, (a, b) -> (long) a.compareTo(b));
    with("add", QUANTITY, BigDecimal::add);
    with("sub", QUANTITY, BigDecimal::subtract);
  }

  List<CelFunctionDecl> declarations() {
    return declarations;
  }

  List<CelFunctionBinding> bindings() {
    return bindings;
  }

  private void global(String name, CelType result, CelFunctionOverload.Unary<String> function) {
    String overload = name + "_string";
    declarations.add(
        CelFunctionDecl.newFunctionDeclaration(
            name, CelOverloadDecl.newGlobalOverload(overload, result, SimpleType.STRING)));
    bindings.addAll(
        CelFunctionBinding.fromOverloads(
            name, CelFunctionBinding.from(overload, String.class, function)));
  }

  private void of(String name, CelType result, CelFunctionOverload.Unary<BigDecimal> function) {
    String overload = "quantity_" + name;
    declarations.add(
        CelFunctionDecl.newFunctionDeclaration(
            name, CelOverloadDecl.newMemberOverload(overload, result, QUANTITY)));
    bindings.addAll(
        CelFunctionBinding.fromOverloads(
            name, CelFunctionBinding.from(overload, BigDecimal.class, function)));
  }

  private void with(
      String name, CelType result, CelFunctionOverload.Binary<BigDecimal, BigDecimal> function) {
    String overload = "quantity_" + name;
    declarations.add(
        CelFunctionDecl.newFunctionDeclaration(
            name, CelOverloadDecl.newMemberOverload(overload, result, QUANTITY, QUANTITY)));
    bindings.addAll(
        CelFunctionBinding.fromOverloads(
            name, CelFunctionBinding.from(overload, BigDecimal.class, BigDecimal.class, function)));
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

  private static boolean isIp(String text) {
    return IPV4.matcher(text).matches() || IPV6.matcher(text).matches();
  }

  private static boolean isCidr(String text) {
    int slash = text.indexOf('/');
    if (slash < 0 || !isIp(text.substring(0, slash))) {
      return false;
    }
    String bits = text.substring(slash + 1);
    return bits.matches("\\d{1,3}")
        && Integer.parseInt(bits) <= (text.indexOf(':') >= 0 ? 128 : 32);
  }
}
