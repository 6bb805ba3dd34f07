package io.llamamesh.apiserver.objects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.fabric8.zjsonpatch.JsonPatchException;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.problem.ApiProblem;
import io.llamamesh.apiserver.types.ResourceType;
import java.util.List;

/** Patch formats besides server-side apply. Strategic merge is not served. */
public enum Patches {
  /** RFC 6902. */
  JSON_PATCH("application/json-patch+json"),
  /** RFC 7386. */
  MERGE_PATCH("application/merge-patch+json");

  private final String mediaType;

  Patches(String mediaType) {
    this.mediaType = mediaType;
  }

  /** The format of a media type. */
  public static Patches of(String mediaType) {
    for (Patches format : values()) {
      if (format.mediaType.equals(mediaType)) {
        return format;
      }
    }
    throw ApiProblem.unsupportedMediaType(
        "the body of the request was in an unknown format - accepted media types include:"
            + " application/json-patch+json, application/merge-patch+json,"
            + " application/apply-patch+yaml");
  }

  /** The document with the patch applied; the document given is not changed. */
  ObjectNode apply(ObjectNode document, JsonNode patch, ResourceType type) {
    try {
      JsonNode patched =
          this == JSON_PATCH ? JsonPatch.apply(patch, document) : merge(document, patch);
      if (patched instanceof ObjectNode object) {
        return object;
      }
      throw ApiProblem.badRequest("the patch does not leave an object");
    } catch (JsonPatchException e) {
      throw ApiProblem.invalid(
          type.group(),
          type.kind(),
          Json.text(document, "metadata", "name"),
          List.of(
              new ApiProblem.Cause(
                  "FieldValueInvalid", "patch", "the patch cannot be applied: " + e.getMessage())));
    }
  }

  private static JsonNode merge(JsonNode target, JsonNode patch) {
    if (!(patch instanceof ObjectNode changes)) {
      return patch.deepCopy();
    }
    ObjectNode merged = target instanceof ObjectNode object ? object.deepCopy() : Json.object();
    changes
        .properties()
        .forEach(f -> {
          if (f.getValue().isNull()) {
            merged.remove(f.getKey());
          } else {
            merged.set(f.getKey(), merge(merged.path(f.getKey()), f.getValue()));
          }
        });
    return merged;
  }
}
