package io.llamamesh.apiserver.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Questions about who may do what; here everyone may do everything, and a token is a name. */
final class Reviews {
  /** A kind of question: it is asked by creating an object that is answered and not kept. */
  record Review(String group, String plural, String kind, boolean namespaced) {}

  /** All kinds of questions. */
  static final List<Review> ALL =
      List.of(
          new Review("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview", false),
          new Review("authentication.k8s.io", "tokenreviews", "TokenReview", false),
          new Review(
              "authorization.k8s.io",
              "localsubjectaccessreviews",
              "LocalSubjectAccessReview",
              true),
          new Review(
              "authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false),
          new Review(
              "authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview", false),
          new Review("authorization.k8s.io", "subjectaccessreviews", "SubjectAccessReview", false));

  private static final Map<String, Review> BY_PLURAL =
      Map.copyOf(ALL.stream().collect(Collectors.toMap(Review::plural, review -> review)));

  private Reviews() {}

  /** The question that a path asks, or null. */
  static @Nullable Review at(List<String> path) {
    Review review = BY_PLURAL.get(path.getLast());
    boolean asked =
        review != null
            && path.size() > 3
            && path.get(0).equals("apis")
            && path.get(1).equals(review.group())
            && path.get(2).equals("v1");
    return asked ? review : null;
  }

  /** The question with its answer. */
  static ObjectNode answer(Review review, ObjectNode question, String identity) {
    ObjectNode answer = question.deepCopy();
    answer.put("kind", review.kind()).put("apiVersion", review.group() + "/v1");
    Json.metadata(answer);
    ObjectNode status = answer.putObject("status");
    switch (review.kind()) {
      case "TokenReview" -> {
        String token = Json.text(question, "spec", "token");
        status.put("authenticated", !token.isEmpty());
        if (!token.isEmpty()) {
          status.putObject("user").put("username", token);
        }
      }
      case "SelfSubjectReview" -> status.putObject("userInfo").put("username", identity);
      case "SelfSubjectRulesReview" -> {
        status.put("incomplete", false);
        ObjectNode rule = status.putArray("resourceRules").addObject();
        for (String field : new String[] {"apiGroups", "resources", "verbs"}) {
          ArrayNode all = rule.putArray(field);
          all.add("*");
        }
        status.putArray("nonResourceRules");
      }
      default -> status.put("allowed", true).put("reason", "the stand-in allows everything");
    }
    return answer;
  }
}
