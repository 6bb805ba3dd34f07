package io.llamamesh.apiserver.problem;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A request that is refused, with the Status document that a Kubernetes API server would answer.
 */
public final class ApiProblem extends RuntimeException {
  private final int code;
  private final String reason;
  private final transient ObjectNode details;

  private ApiProblem(int code, String reason, String message, ObjectNode details) {
    super(message, null, false, false);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  /** The problem of one field. */
  public record Cause(String reason, String field, String message) {}

  /** The request cannot be read. */
  public static ApiProblem badRequest(String message) {
    return new ApiProblem(400, "BadRequest", message, Json.object());
  }

  /** Understood, and not allowed now. */
  public static ApiProblem forbidden(String message) {
    return new ApiProblem(403, "Forbidden", message, Json.object());
  }

  /** No such object. */
  public static ApiProblem notFound(String resource, String name) {
    return new ApiProblem(
        404, "NotFound", resource + " \"" + name + "\" not found", details(resource, name));
  }

  /** No such path. */
  public static ApiProblem noSuchPath() {
    return new ApiProblem(
        404, "NotFound", "the server could not find the requested resource", Json.object());
  }

  /** The resource has no such verb. */
  public static ApiProblem methodNotAllowed() {
    return new ApiProblem(
        405,
        "MethodNotAllowed",
        "the server does not allow this method on the requested resource",
        Json.object());
  }

  /** An object of that name is there already. */
  public static ApiProblem alreadyExists(String resource, String name) {
    return new ApiProblem(
        409,
        "AlreadyExists",
        resource + " \"" + name + "\" already exists",
        details(resource, name));
  }

  /** Someone else wrote meanwhile, or the precondition does not hold. */
  public static ApiProblem conflict(String resource, String name, String why) {
    return new ApiProblem(
        409,
        "Conflict",
        "Operation cannot be fulfilled on " + resource + " \"" + name + "\": " + why,
        details(resource, name));
  }

  /** A field is owned by another manager. */
  public static ApiProblem applyConflict(String message, List<Cause> causes) {
    return new ApiProblem(409, "Conflict", message, withCauses(Json.object(), causes));
  }

  /** The resource version is no longer, or not yet, known here. */
  public static ApiProblem expired(String message) {
    return new ApiProblem(410, "Expired", message, Json.object());
  }

  /** The body is larger than this server takes. */
  public static ApiProblem tooLarge(long limit) {
    return new ApiProblem(
        413, "RequestEntityTooLarge", "Request entity too large: limit is " + limit, Json.object());
  }

  /** The body's media type is not one that this verb takes. */
  public static ApiProblem unsupportedMediaType(String message) {
    return new ApiProblem(415, "UnsupportedMediaType", message, Json.object());
  }

  /** The object breaks rules of its kind; every broken rule is named. */
  public static ApiProblem invalid(String group, String kind, String name, List<Cause> causes) {
    String said =
        causes.stream()
            .map(c -> c.field() + ": " + c.message())
            .collect(Collectors.joining(", ", causes.size() > 1 ? "[" : "", ""));
    String qualified = group.isEmpty() ? kind : kind + "." + group;
    ObjectNode details = Json.object().put("name", name);
    if (!group.isEmpty()) {
      details.put("group", group);
    }
    details.put("kind", kind);
    return new ApiProblem(
        422,
        "Invalid",
        qualified + " \"" + name + "\" is invalid: " + said + (causes.size() > 1 ? "]" : ""),
        withCauses(details, causes));
  }

  /** The server cannot do it, or failed; the message says which. */
  public static ApiProblem internal(String message) {
    return new ApiProblem(500, "InternalError", message, Json.object());
  }

  /** HTTP status. */
  public int code() {
    return code;
  }

  /** The answer's body. */
  public ObjectNode status() {
    ObjectNode status = Json.object().put("kind", "Status").put("apiVersion", "v1");
    status.putObject("metadata");
    status.put("status", "Failure").put("message", getMessage()).put("reason", reason);
    if (!details.isEmpty()) {
      status.set("details", details);
    }
    return status.put("code", code);
  }

  private static ObjectNode details(String resource, String name) {
    int dot = resource.indexOf('.');
    ObjectNode details = Json.object().put("name", name);
    if (dot > 0) {
      details.put("group", resource.substring(dot + 1));
    }
    return details.put("kind", dot > 0 ? resource.substring(0, dot) : resource);
  }

  private static ObjectNode withCauses(ObjectNode details, List<Cause> causes) {
    ArrayNode list = details.putArray("causes");
    for (Cause cause : causes) {
      list.addObject()
          .put("reason", cause.reason())
          .put("message", cause.message())
          .put("field", cause.field());
    }
    return details;
  }
}
