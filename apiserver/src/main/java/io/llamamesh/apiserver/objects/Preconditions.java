package io.llamamesh.apiserver.objects;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.problem.ApiProblem;
import io.llamamesh.apiserver.store.Stored;
import io.llamamesh.apiserver.types.ResourceType;

/** Optimistic concurrency: a document that names a version is meant for that version only. */
final class Preconditions {
  private Preconditions() {}

  static void check(ResourceType type, Stored seen, ObjectNode wanted) {
    String revision = Json.text(wanted, "metadata", "resourceVersion");
    String uid = Json.text(wanted, "metadata", "uid");
    require(type, seen, uid, revision);
  }

  /** Refuses (409) when a uid or revision is given and it is another; empty ones hold always. */
  static void require(ResourceType type, Stored seen, String uid, String revision) {
    if (!uid.isEmpty() && !uid.equals(seen.uid())) {
      throw ApiProblem.conflict(
          type.bucket(),
          seen.key().name(),
          "Precondition failed: UID in precondition: "
              + uid
              + ", UID in object meta: "
              + seen.uid());
    }
    if (!revision.isEmpty() && !revision.equals(Long.toString(seen.revision()))) {
      throw ApiProblem.conflict(
          type.bucket(),
          seen.key().name(),
          "the object has been modified; please apply your changes to the latest version and try"
              + " again");
    }
  }
}
