package io.llamamesh.apiserver.rules;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import io.llamamesh.apiserver.problem.ApiProblem.Cause;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Compiles the rules of one custom resource. Values are of no declared type: a rule that names an
 * unknown field fails when it is tried. Of what Kubernetes adds, {@code messageExpression}, {@code
 * fieldPath} and {@code reason} are not looked at, and {@code oldSelf} is not within lists and
 * maps.
 */
public final class ResourceRules {
  private static final CelOptions OPTIONS =
      CelOptions.current().enableHeterogeneousNumericComparisons(true).build();
  private static final CelRuntime RUNTIME =
      CelRuntimeFactory.plannerRuntimeBuilder()
          .setOptions(OPTIONS)
          .addLibraries(CelExtensions.strings())
          .addFunctionBindings(RuleFunctions.bindings())
          .build();
  private static final CelCompiler COMPILER =
      CelCompilerFactory.standardCelCompilerBuilder()
          .setOptions(OPTIONS)
          .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
          .addLibraries(CelExtensions.strings())
          .addFunctionDeclarations(RuleFunctions.declarations())
          .addVar("self", SimpleType.DYN)
          .addVar("oldSelf", SimpleType.DYN)
          .setResultType(SimpleType.BOOL)
          .build();

  private final List<Cause> problems = new ArrayList<>();

  private ResourceRules() {}

  /** The compiled rules, and what is wrong with those that do not compile. */
  public record Compiled(RuleTree rules, List<Cause> problems) {}

  /**
   * Compiles every rule of a version.
   *
   * @param openApi the version's {@code openAPIV3Schema}
   * @param path where that is in the definition
   */
  public static Compiled compile(JsonNode openApi, String path) {
    ResourceRules compiler = new ResourceRules();
    RuleTree tree = compiler.tree(openApi, path, true);
    return new Compiled(tree, compiler.problems);
  }

  private RuleTree tree(JsonNode schema, String path, boolean isObject) {
    List<Rule> rules = new ArrayList<>();
    JsonNode declared = schema.path("x-kubernetes-validations");
    for (int i = 0; i < declared.size(); i++) {
      compile(declared.get(i), path + ".x-kubernetes-validations[" + i + "]", rules);
    }
    Map<String, RuleTree> fields = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : schema.path("properties").properties()) {
      RuleTree below = tree(field.getValue(), path + ".properties[" + field.getKey() + "]", false);
      if (!below.isEmpty()) {
        fields.put(field.getKey(), below);
      }
    }
    return new RuleTree(
        schema,
        isObject,
        rules,
        fields,
        below(schema, "items", path),
        below(schema, "additionalProperties", path));
  }

  private RuleTree below(JsonNode schema, String keyword, String path) {
    JsonNode below = schema.path(keyword);
    return below.isObject() ? tree(below, path + "." + keyword, false) : RuleTree.NONE;
  }

  private void compile(JsonNode declared, String path, List<Rule> rules) {
    String text = declared.path("rule").asText();
    try {
      rules.add(new Rule(declared, RUNTIME.createProgram(COMPILER.compile(text).getAst())));
    } catch (CelValidationException | CelEvaluationException e) {
      problems.add(
          new Cause(
              "FieldValueInvalid",
              path + ".rule",
              "Invalid value: \"" + text + "\": compilation failed: " + e.getMessage()));
    }
  }
}
