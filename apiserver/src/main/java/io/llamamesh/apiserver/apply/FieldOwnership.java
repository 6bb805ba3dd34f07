package io.llamamesh.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.problem.ApiProblem;
import io.llamamesh.apiserver.schema.Schema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Server-side apply, and the book-keeping that other writes need so that a later apply knows whose
 * fields it touches (structured-merge-diff's rules as the Kubernetes API documents them).
 */
public final class FieldOwnership {
  private FieldOwnership() {}

  /**
   * One write's author.
   *
   * @param manager the {@code fieldManager} parameter, or the client's name
   * @param subresource {@code status} or empty
   * @param now RFC 3339, whole seconds
   */
  public record Author(String manager, String apiVersion, String subresource, String now) {
    private ManagedFields.Manager entry(String operation) {
      return new ManagedFields.Manager(manager, operation, apiVersion, subresource);
    }
  }

  /**
   * The object after an apply.
   *
   * @param live what is stored, or null when the apply creates the object
   * @param applied the document, already free of what this endpoint does not take
   * @param force takes fields over from other managers instead of failing
   * @throws ApiProblem on a conflict with another manager (409), or when the document does not fit
   *     the schema (500, as the real server answers)
   */
  public static ObjectNode apply(
      @Nullable ObjectNode live, ObjectNode applied, Schema schema, Author author, boolean force) {
    ObjectNode intent = withoutNulls(applied);
    Json.metadata(intent).remove("managedFields");
    ManagedFields.Manager self = author.entry("Apply");
    ManagedFields managers = ManagedFields.of(live);
    FieldSet before = managers.fields(self);
    FieldSet now = Fields.withoutServerOwned(Fields.of(intent, schema));
    ObjectNode merged = (ObjectNode) Merge.over(live, intent, schema);
    if (live != null) {
      FieldSet changed = Fields.between(live, merged, schema).changed().intersect(now);
      takeOver(managers, self, changed, force);
      FieldSet kept =
          FieldSet.union(managers.others(self).stream().map(managers::fields).toList()).union(now);
      JsonNode pruned = Merge.without(merged, before.minus(now), kept, schema);
      merged = pruned instanceof ObjectNode left ? left : merged;
    }
    managers.set(self, now, author.now());
    if (live == null || !sameContent(live, merged)) {
      managers.touch(self, author.now());
    }
    managers.writeTo(merged);
    return merged;
  }

  /**
   * Writes into {@code after} who owns what, given that the author changed {@code before} into it
   * by a create, update or patch.
   */
  public static void recordUpdate(
      @Nullable ObjectNode before, ObjectNode after, Schema schema, Author author) {
    ManagedFields managers = ManagedFields.of(before);
    ManagedFields.Manager self = author.entry("Update");
    Fields.Difference difference =
        before == null
            ? new Fields.Difference(Fields.stored(after, schema), FieldSet.EMPTY)
            : Fields.between(before, after, schema);
    FieldSet changed = Fields.withoutServerOwned(difference.changed());
    FieldSet removed = difference.removed();
    if (!author.subresource().equals("status")) {
      changed = before == null ? changed : changed.without("f:status");
    } else {
      changed = changed.only("f:status");
    }
    for (ManagedFields.Manager other : managers.others(self)) {
      FieldSet owned = managers.fields(other);
      FieldSet left = owned.minusWithBelow(removed).minus(changed);
      if (!left.equals(owned)) {
        managers.take(other, left);
      }
    }
    FieldSet own = managers.fields(self).minusWithBelow(removed).union(changed);
    managers.set(self, own, author.now());
    if (!changed.isEmpty()) {
      managers.touch(self, author.now());
    }
    managers.writeTo(after);
  }

  /** Whether two versions are the same but for who owns what, when, and the revision. */
  public static boolean sameContent(ObjectNode a, ObjectNode b) {
    return bare(a, false).equals(bare(b, false));
  }

  /** Whether two versions are the same, ownership included but not when it was written. */
  public static boolean sameButTimes(ObjectNode a, ObjectNode b) {
    return bare(a, true).equals(bare(b, true));
  }

  private static Map<String, JsonNode> bare(ObjectNode object, boolean ownership) {
    Map<String, JsonNode> fields = new LinkedHashMap<>();
    object.properties().forEach(f -> fields.put(f.getKey(), f.getValue()));
    ObjectNode metadata = Json.object();
    object.path("metadata").properties().forEach(f -> metadata.set(f.getKey(), f.getValue()));
    metadata.remove("resourceVersion");
    JsonNode managed = metadata.remove("managedFields");
    if (ownership && managed != null) {
      JsonNode timeless = managed.deepCopy();
      timeless.forEach(e -> ((ObjectNode) e).remove("time"));
      metadata.set("managedFields", timeless);
    }
    fields.put("metadata", metadata);
    return fields;
  }

  private static void takeOver(
      ManagedFields managers, ManagedFields.Manager self, FieldSet changed, boolean force) {
    List<ApiProblem.Cause> conflicts = new ArrayList<>();
    Map<String, List<String>> byManager = new LinkedHashMap<>();
    for (ManagedFields.Manager other : managers.others(self)) {
      FieldSet owned = managers.fields(other);
      FieldSet contested = owned.intersect(changed);
      if (contested.isEmpty()) {
        continue;
      }
      if (force) {
        managers.take(other, owned.minus(contested));
        continue;
      }
      String who = "\"" + other.name() + "\"";
      if (!other.subresource().isEmpty()) {
        who += " with subresource \"" + other.subresource() + "\"";
      }
      who += " using " + other.apiVersion();
      for (String path : contested.paths()) {
        conflicts.add(new ApiProblem.Cause("FieldManagerConflict", path, "conflict with " + who));
        byManager.computeIfAbsent(who, w -> new ArrayList<>()).add(path);
      }
    }
    if (!conflicts.isEmpty()) {
      throw ApiProblem.applyConflict(message(conflicts.size(), byManager), conflicts);
    }
  }

  private static String message(int count, Map<String, List<String>> byManager) {
    String said =
        byManager.entrySet().stream()
            .map(e ->
                e.getValue().size() == 1
                    ? "conflict with " + e.getKey() + ": " + e.getValue().getFirst()
                    : "conflicts with " + e.getKey() + ":\n- " + String.join("\n- ", e.getValue()))
            .collect(Collectors.joining("\n"));
    return "Apply failed with " + count + (count == 1 ? " conflict: " : " conflicts: ") + said;
  }

  private static ObjectNode withoutNulls(ObjectNode object) {
    ObjectNode kept = Json.object();
    object
        .properties()
        .forEach(f -> {
          if (f.getValue() instanceof ObjectNode below) {
            kept.set(f.getKey(), withoutNulls(below));
          } else if (!f.getValue().isNull()) {
            kept.set(f.getKey(), f.getValue());
          }
        });
    return kept;
  }
}
