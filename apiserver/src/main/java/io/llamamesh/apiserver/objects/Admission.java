package io.llamamesh.apiserver.objects;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.problem.ApiProblem;
import io.llamamesh.apiserver.problem.ApiProblem.Cause;
import io.llamamesh.apiserver.rules.ResourceRules;
import io.llamamesh.apiserver.rules.RuleTree;
import io.llamamesh.apiserver.schema.Schema;
import io.llamamesh.apiserver.types.ResourceType;
import io.llamamesh.apiserver.validate.Defaults;
import io.llamamesh.apiserver.validate.ObjectNames;
import io.llamamesh.apiserver.validate.Pruning;
import io.llamamesh.apiserver.validate.Structure;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/** Decides whether a document may be kept, and in what form. */
final class Admission {
  private static final String CRDS = "customresourcedefinitions.apiextensions.k8s.io";

  /** By the schema they were compiled from, for as long as that is in use. */
  private final Map<Schema, RuleTree> rules = Collections.synchronizedMap(new WeakHashMap<>());

  /** Takes out what the schema does not know, or refuses it when the client asked for that. */
  static void prune(ObjectNode object, ResourceType type, WriteOptions options) {
    List<String> unknown = Pruning.prune(object, type.schema(), type.custom());
    if (unknown.isEmpty()) {
      return;
    }
    switch (options.unknownFields()) {
      case STRICT -> {
        List<String> said = unknown.stream().map(path -> "unknown field \"" + path + "\"").toList();
        throw ApiProblem.badRequest("strict decoding error: " + String.join(", ", said));
      }
      case WARN ->
          unknown.forEach(path -> options.warnings().add("unknown field \"" + path + "\""));
      case IGNORE -> {}
    }
  }

  /** Fills in defaults, then refuses (422) what breaks a rule of the kind. */
  void complete(ObjectNode object, @Nullable ObjectNode before, ResourceType type) {
    Defaults.fill(object, type.schema());
    List<Cause> causes = new ArrayList<>(ObjectNames.check(Json.metadata(object), type.bucket()));
    if (type.custom()) {
      causes.addAll(Structure.check(object, type.schema().constraints()));
      if (causes.isEmpty()) {
        causes.addAll(
            rules
                .computeIfAbsent(
                    type.schema(), s -> ResourceRules.compile(s.constraints(), "schema").rules())
                .check(object, before));
      }
    }
    if (type.bucket().equals(CRDS)) {
      causes.addAll(Definitions.check(object));
    }
    if (!causes.isEmpty()) {
      throw ApiProblem.invalid(
          type.group(), type.kind(), Json.text(object, "metadata", "name"), causes);
    }
  }
}
