package io.llamamesh.apiserver.objects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.problem.ApiProblem;
import io.llamamesh.apiserver.store.ObjectStore;
import io.llamamesh.apiserver.store.ObjectStore.StaleWriteException;
import io.llamamesh.apiserver.store.Stored;
import io.llamamesh.apiserver.types.ResourceType;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * The deleting verb. An object with finalizers is only marked; whoever takes the last one off ends
 * it.
 */
public final class Deletion {
  private final ObjectStore store;
  private final ObjectService objects;
  private final Clock clock;

  /** Deletes what the service looks after. */
  public Deletion(ObjectStore store, ObjectService objects, Clock clock) {
    this.store = store;
    this.objects = objects;
    this.clock = clock;
  }

  /**
   * How a deletion is meant.
   *
   * @param uid the object's, or empty for any
   * @param revision the version's, or empty for any
   */
  public record Options(String uid, String revision) {
    /** Reads a DeleteOptions document, which may be missing. */
    public static Options of(@Nullable JsonNode body) {
      if (body == null) {
        return new Options("", "");
      }
      if (!body.path("dryRun").isEmpty()) {
        throw ApiProblem.badRequest("the stand-in has no dry run");
      }
      JsonNode preconditions = body.path("preconditions");
      return new Options(
          Json.text(preconditions, "uid"), Json.text(preconditions, "resourceVersion"));
    }
  }

  /**
   * Outcome of a deletion.
   *
   * @param object the last version, or the marked one
   * @param gone false while finalizers hold it back
   */
  public record Deleted(Stored object, boolean gone) {}

  /** Deletes an object, or marks it when finalizers hold it back. */
  public Deleted delete(ResourceType type, String namespace, String name, Options options) {
    while (true) {
      Stored seen = objects.get(type, namespace, name);
      Preconditions.require(type, seen, options.uid(), options.revision());
      ObjectNode next = seen.tree().deepCopy();
      ObjectNode metadata = Json.metadata(next);
      boolean marked = metadata.has("deletionTimestamp");
      if (!marked) {
        metadata.put(
            "deletionTimestamp", Instant.now(clock).truncatedTo(ChronoUnit.SECONDS).toString());
        metadata.put("deletionGracePeriodSeconds", 0);
        if (type.countsGeneration()) {
          metadata.put("generation", metadata.path("generation").asInt() + 1);
        }
        if (type.bucket().equals("namespaces")) {
          next.putObject("status").put("phase", "Terminating");
        }
      }
      try {
        if (Lifecycle.isOver(next)) {
          return new Deleted(store.delete(seen, seen.tree().deepCopy()), true);
        }
        return new Deleted(marked ? seen : store.update(seen, next), false);
      } catch (StaleWriteException e) {
        // Someone wrote meanwhile; whether they took the last finalizer off is looked at again.
      }
    }
  }
}
