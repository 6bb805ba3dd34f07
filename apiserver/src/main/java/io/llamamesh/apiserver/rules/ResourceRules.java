package io.llamamesh.apiserver.rules;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.extensions.CelOptionalLibrary;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import io.llamamesh.apiserver.problem.ApiProblem.Cause;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Compiles the rules of one custom resource. */
public final class ResourceRules {
  private static final CelOptions OPTIONS =
      CelOptions.current().enableHeterogeneousNumericComparisons(true).build();
  private static final RuleFunctions FUNCTIONS = new RuleFunctions();
  private static final CelRuntime RUNTIME =
      CelRuntimeFactory.plannerRuntimeBuilder()
          .setOptions(OPTIONS)
          .addLibraries(
              CelExtensions.strings(),
              CelExtensions.math(),
              CelExtensions.lists(),
              CelExtensions.sets(OPTIONS),
              CelExtensions.encoders(OPTIONS),
              CelOptionalLibrary.INSTANCE)
          .addFunctionBindings(FUNCTIONS.bindings())
          .build();
  private static final Pattern OLD = Pattern.compile("\\boldSelf\\b");

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
    if (!declared.isEmpty()) {
      RuleTypes types = new RuleTypes();
      CelType self = types.of(schema, "/", isObject);
      for (int i = 0; i < declared.size(); i++) {
        compile(declared.get(i), self, types, path + ".x-kubernetes-validations[" + i + "]", rules);
      }
    }
    Map<String, RuleTree> fields = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : schema.path("properties").properties()) {
      RuleTree below = tree(field.getValue(), path + ".properties[" + field.getKey() + "]", false);
      if (!below.isEmpty()) {
        fields.put(field.getKey(), below);
      }
    }
    RuleTree items =
        schema.path("items").isObject()
            ? tree(schema.path("items"), path + ".items", false)
            : RuleTree.NONE;
    RuleTree values =
        schema.path("additionalProperties").isObject()
            ? tree(schema.path("additionalProperties"), path + ".additionalProperties", false)
            : RuleTree.NONE;
    return new RuleTree(schema, isObject, rules, fields, items, values);
  }

  private void compile(
      JsonNode declared, CelType self, RuleTypes types, String path, List<Rule> rules) {
    String text = declared.path("rule").asText();
    boolean transition = OLD.matcher(text).find();
    try {
      CelRuntime.Program program =
          RUNTIME.createProgram(
              compiler(self, types, transition)
                  .setResultType(SimpleType.BOOL)
                  .build()
                  .compile(text)
                  .getAst());
      String message = declared.path("messageExpression").asText();
      CelCompiler messages = compiler(self, types, transition).build();
      rules.add(
          new Rule(
              declared,
              program,
              transition && !declared.path("optionalOldSelf").asBoolean(),
              message.isEmpty()
                  ? null
                  : RUNTIME.createProgram(messages.compile(message).getAst())));
    } catch (CelValidationException | CelEvaluationException e) {
      problems.add(
          new Cause(
              "FieldValueInvalid",
              path + ".rule",
              "Invalid value: \"" + text + "\": compilation failed: " + e.getMessage()));
    }
  }

  private static CelCompilerBuilder compiler(CelType self, RuleTypes types, boolean transition) {
    CelCompilerBuilder builder =
        CelCompilerFactory.standardCelCompilerBuilder()
            .setOptions(OPTIONS)
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .setTypeProvider(types.provider())
            .addLibraries(
                CelExtensions.strings(),
                CelExtensions.math(),
                CelExtensions.lists(),
                CelExtensions.sets(OPTIONS),
                CelExtensions.encoders(OPTIONS),
                CelOptionalLibrary.INSTANCE)
            .addFunctionDeclarations(FUNCTIONS.declarations())
            .addVar("self", self);
    return transition ? builder.addVar("oldSelf", self) : builder;
  }
}
