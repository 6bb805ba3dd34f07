package io.llamamesh.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.problem.ApiProblem;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Server-side apply, and the book-keeping that other writes need so that a later apply knows whose
 * fields it touches.
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
   * @throws ApiProblem on a conflict with another manager (409)
   */
  public static ObjectNode apply(
      @Nullable ObjectNode live, ObjectNode applied, Author author, boolean force) {
    ObjectNode intent = withoutNulls(applied);
    Json.metadata(intent).remove("managedFields");
    ManagedFields.Manager self = author.entry("Apply");
    ManagedFields managers = ManagedFields.of(live);
    Set<List<String>> all = FieldPaths.of(intent);
    Set<List<String>> own = FieldPaths.withoutServerOwned(all);
    ObjectNode merged = intent;
    if (live != null) {
      merged = live.deepCopy();
      for (List<String> path : all) {
        FieldPaths.set(merged, path, FieldPaths.get(intent, path));
      }
      takeOver(managers, self, changed(own, live, merged), force);
      Set<List<String>> kept = new LinkedHashSet<>(own);
      managers.others(self).forEach(other -> kept.addAll(managers.fields(other)));
      for (List<String> path : managers.fields(self)) {
        FieldPaths.remove(merged, path, kept);
      }
    }
    boolean isChange =
        live == null || !hasSameContent(live, merged) || !own.equals(managers.fields(self));
    managers.set(self, own, isChange ? author.now() : null);
    managers.writeTo(merged);
    return merged;
  }

  /**
   * Writes into {@code after} who owns what, given that the author changed {@code before} into it
   * by a create, update or patch.
   */
  public static void recordUpdate(@Nullable ObjectNode before, ObjectNode after, Author author) {
    ManagedFields managers = ManagedFields.of(before == null ? null : after);
    ManagedFields.Manager self = author.entry("Update");
    Set<List<String>> changed = FieldPaths.withoutServerOwned(FieldPaths.of(after));
    Set<List<String>> removed = new LinkedHashSet<>();
    if (before != null) {
      changed = changed(changed, before, after);
      boolean isStatus = author.subresource().equals("status");
      changed.removeIf(path -> path.getFirst().equals("status") != isStatus);
      for (List<String> path : FieldPaths.of(before)) {
        if (FieldPaths.get(after, path).isMissingNode()) {
          removed.add(path);
        }
      }
    }
    for (ManagedFields.Manager other : managers.others(self)) {
      Set<List<String>> owned = managers.fields(other);
      owned.removeAll(removed);
      owned.removeAll(changed);
      managers.set(other, owned, null);
    }
    Set<List<String>> own = managers.fields(self);
    own.removeAll(removed);
    own.addAll(changed);
    managers.set(self, own, changed.isEmpty() ? null : author.now());
    managers.writeTo(after);
  }

  /** True when two versions are the same but for the revision and the times of writes. */
  public static boolean isSameExceptTimes(ObjectNode a, ObjectNode b) {
    return bare(a, true).equals(bare(b, true));
  }

  private static boolean hasSameContent(ObjectNode a, ObjectNode b) {
    return bare(a, false).equals(bare(b, false));
  }

  private static ObjectNode bare(ObjectNode object, boolean ownership) {
    ObjectNode fields = Json.object();
    fields.setAll(object);
    ObjectNode metadata = Json.object();
    if (object.get("metadata") instanceof ObjectNode from) {
      metadata.setAll(from);
    }
    metadata.remove("resourceVersion");
    JsonNode managed = metadata.remove("managedFields");
    if (ownership && managed != null) {
      JsonNode timeless = managed.deepCopy();
      timeless.forEach(e -> {
        if (e instanceof ObjectNode entry) {
          entry.remove("time");
        }
      });
      metadata.set("managedFields", timeless);
    }
    fields.set("metadata", metadata);
    return fields;
  }

  private static Set<List<String>> changed(
      Set<List<String>> paths, ObjectNode before, ObjectNode after) {
    return paths.stream()
        .filter(path -> !FieldPaths.get(before, path).equals(FieldPaths.get(after, path)))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static void takeOver(
      ManagedFields managers,
      ManagedFields.Manager self,
      Set<List<String>> changed,
      boolean force) {
    List<ApiProblem.Cause> conflicts = new ArrayList<>();
    for (ManagedFields.Manager other : managers.others(self)) {
      Set<List<String>> owned = managers.fields(other);
      Set<List<String>> contested = new LinkedHashSet<>(owned);
      contested.retainAll(changed);
      if (force && owned.removeAll(contested)) {
        managers.set(other, owned, null);
      } else if (!force) {
        String via =
            other.subresource().isEmpty()
                ? ""
                : " with subresource \"" + other.subresource() + "\"";
        String why =
            "conflict with \"" + other.name() + "\"" + via + " using " + other.apiVersion();
        contested.forEach(path ->
            conflicts.add(
                new ApiProblem.Cause("FieldManagerConflict", "." + String.join(".", path), why)));
      }
    }
    if (!conflicts.isEmpty()) {
      throw ApiProblem.applyConflict(
          "Apply failed with "
              + conflicts.size()
              + (conflicts.size() == 1 ? " conflict: " : " conflicts: ")
              + conflicts.stream()
                  .map(cause -> cause.message() + ": " + cause.field())
                  .collect(Collectors.joining("\n")),
          conflicts);
    }
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
