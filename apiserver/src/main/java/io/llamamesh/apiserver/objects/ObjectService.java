package io.llamamesh.apiserver.objects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.apply.FieldOwnership;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.problem.ApiProblem;
import io.llamamesh.apiserver.store.ObjectKey;
import io.llamamesh.apiserver.store.ObjectStore;
import io.llamamesh.apiserver.store.ObjectStore.StaleWriteException;
import io.llamamesh.apiserver.store.Stored;
import io.llamamesh.apiserver.types.ResourceType;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The writing verbs, for every resource. Any thread may call anything. */
public final class ObjectService {
  /**
   * A patch is computed again when someone else wrote meanwhile; so often, then it is a conflict.
   */
  private static final int ATTEMPTS = 50;

  private static final String MODIFIED =
      "the object has been modified; please apply your changes to the latest version and try again";

  private final ObjectStore store;
  private final Clock clock;

  /** A service over a store, which others may read but not write. */
  public ObjectService(ObjectStore store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  /** A document made from the one that is there. */
  private interface Change {
    ObjectNode of(ObjectNode live);
  }

  /** A written version, and whether it is a new object. */
  public record Written(Stored object, boolean created) {}

  /** The object of a name. */
  public Stored get(ResourceType type, String namespace, String name) {
    Stored stored = store.get(new ObjectKey(type.bucket(), namespace, name));
    if (stored == null) {
      throw ApiProblem.notFound(type.bucket(), name);
    }
    return stored;
  }

  /** Keeps a new object. */
  public Stored create(ResourceType type, String namespace, ObjectNode body, WriteOptions options) {
    ObjectNode metadata = Json.metadata(body);
    identify(body, type, namespace, "");
    if (!Json.text(metadata, "resourceVersion").isEmpty()) {
      throw ApiProblem.badRequest("resourceVersion should not be set on objects to be created");
    }
    Admission.prune(body, type, options);
    metadata.remove("managedFields");
    if (type.hasStatus() && type.isCustom()) {
      body.remove("status");
    }
    FieldOwnership.recordUpdate(null, body, author(type, options));
    return insert(type, namespace, body);
  }

  /** Replaces an object. */
  public Stored update(
      ResourceType type, String namespace, String name, ObjectNode body, WriteOptions options) {
    identify(body, type, namespace, name);
    return change(type, namespace, name, live -> body.deepCopy(), options, true);
  }

  /** Patches an object. */
  public Stored patch(
      ResourceType type,
      String namespace,
      String name,
      Patches format,
      JsonNode patch,
      WriteOptions options) {
    return change(
        type,
        namespace,
        name,
        live -> {
          ObjectNode patched = format.apply(live, patch, type);
          identify(patched, type, namespace, name);
          return patched;
        },
        options,
        true);
  }

  /** Applies a document, server-side: makes the object or merges into it. */
  public Written apply(
      ResourceType type, String namespace, String name, ObjectNode body, WriteOptions options) {
    identify(body, type, namespace, name);
    FieldOwnership.Author author = author(type, options);
    ObjectNode intent = body.deepCopy();
    List<String> unknown = Admission.removeUnknown(intent, type);
    if (!unknown.isEmpty()) {
      throw ApiProblem.internal(
          "failed to create typed patch object: ."
              + unknown.getFirst()
              + ": field not declared in schema");
    }
    if (options.isStatus()) {
      intent.retain("apiVersion", "kind", "metadata", "status");
      Json.metadata(intent).retain("name", "namespace", "uid", "resourceVersion");
    } else if (type.hasStatus()) {
      intent.remove("status");
    }
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (store.get(new ObjectKey(type.bucket(), namespace, name)) != null || options.isStatus()) {
        Stored stored =
            change(
                type,
                namespace,
                name,
                live -> FieldOwnership.apply(live, intent, author, options.force()),
                options,
                false);
        return new Written(stored, false);
      }
      if (!Json.text(intent, "metadata", "resourceVersion").isEmpty()) {
        throw ApiProblem.conflict(type.bucket(), name, MODIFIED);
      }
      ObjectNode made = FieldOwnership.apply(null, intent, author, false);
      try {
        return new Written(insert(type, namespace, made), true);
      } catch (ApiProblem e) {
        if (!e.status().path("reason").asText().equals("AlreadyExists")) {
          throw e;
        }
      }
    }
    throw ApiProblem.conflict(type.bucket(), name, MODIFIED);
  }

  /**
   * Deletes an object, or marks it when finalizers hold it back.
   *
   * @param uid the object's, or empty for any
   * @param revision the version's, or empty for any
   * @return the last version, or the marked one
   */
  public Stored delete(
      ResourceType type, String namespace, String name, String uid, String revision) {
    while (true) {
      Stored seen = get(type, namespace, name);
      require(type, seen, uid, revision);
      ObjectNode next = seen.tree().deepCopy();
      ObjectNode metadata = Json.metadata(next);
      boolean isMarked = metadata.has("deletionTimestamp");
      if (!isMarked) {
        metadata.put("deletionTimestamp", now());
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
          return store.delete(seen, seen.tree().deepCopy());
        }
        return isMarked ? seen : store.update(seen, next);
      } catch (StaleWriteException e) {
        // Someone wrote meanwhile; whether they took the last finalizer off is looked at again.
      }
    }
  }

  private Stored insert(ResourceType type, String namespace, ObjectNode object) {
    if (type.isNamespaced()) {
      requireNamespace(namespace);
    }
    ObjectNode metadata = Json.metadata(object);
    metadata.remove(
        List.of("selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"));
    metadata.put("uid", UUID.randomUUID().toString());
    metadata.put("creationTimestamp", now());
    if (type.countsGeneration()) {
      metadata.put("generation", 1);
    }
    BuiltInBehaviour.onCreate(object, type);
    BuiltInBehaviour.onWrite(object, type);
    Admission.complete(object, null, type);
    ObjectKey key = new ObjectKey(type.bucket(), namespace, Json.text(metadata, "name"));
    try {
      return store.create(key, object);
    } catch (StaleWriteException e) {
      throw ApiProblem.alreadyExists(type.bucket(), key.name());
    }
  }

  private Stored change(
      ResourceType type,
      String namespace,
      String name,
      Change change,
      WriteOptions options,
      boolean tracksOwner) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Stored seen = get(type, namespace, name);
      ObjectNode live = seen.tree();
      ObjectNode wanted = change.of(live);
      JsonNode metadata = wanted.path("metadata");
      require(type, seen, Json.text(metadata, "uid"), Json.text(metadata, "resourceVersion"));
      if (tracksOwner) {
        Admission.prune(wanted, type, options);
      }
      ObjectNode next = Lifecycle.next(live, wanted, type, options.isStatus());
      BuiltInBehaviour.onWrite(next, type);
      Admission.complete(next, live, type);
      Lifecycle.countGeneration(live, next, type);
      if (FieldOwnership.isSameExceptTimes(live, next)) {
        return seen;
      }
      if (tracksOwner) {
        FieldOwnership.recordUpdate(live, next, author(type, options));
      }
      try {
        return Lifecycle.isOver(next) ? store.delete(seen, next) : store.update(seen, next);
      } catch (StaleWriteException e) {
        // Someone else was quicker: the change is made again on what is there now.
      }
    }
    throw ApiProblem.conflict(type.bucket(), name, MODIFIED);
  }

  /** Refuses (409) when a uid or revision is given and it is another; empty ones hold always. */
  private static void require(ResourceType type, Stored seen, String uid, String revision) {
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
      throw ApiProblem.conflict(type.bucket(), seen.key().name(), MODIFIED);
    }
  }

  private void requireNamespace(String namespace) {
    Stored there = store.get(new ObjectKey("namespaces", "", namespace));
    if (there == null) {
      throw ApiProblem.notFound("namespaces", namespace);
    }
    if (there.tree().path("metadata").has("deletionTimestamp")) {
      throw ApiProblem.forbidden(
          "unable to create new content in namespace "
              + namespace
              + " because it is being terminated");
    }
  }

  /** Sets what the path says about the object, and refuses a document that says otherwise. */
  private static void identify(ObjectNode body, ResourceType type, String namespace, String name) {
    requireSame("apiVersion", Json.text(body, "apiVersion"), type.apiVersion());
    requireSame("kind", Json.text(body, "kind"), type.kind());
    body.put("apiVersion", type.apiVersion());
    body.put("kind", type.kind());
    ObjectNode metadata = Json.metadata(body);
    String saysNamespace = Json.text(metadata, "namespace");
    if (type.isNamespaced()) {
      if (!saysNamespace.isEmpty() && !saysNamespace.equals(namespace)) {
        throw ApiProblem.badRequest(
            "the namespace of the provided object does not match the namespace sent on the"
                + " request");
      }
      metadata.put("namespace", namespace);
    } else {
      metadata.remove("namespace");
    }
    String saysName = Json.text(metadata, "name");
    if (!name.isEmpty()) {
      if (!saysName.isEmpty() && !saysName.equals(name)) {
        throw ApiProblem.badRequest(
            "the name of the object ("
                + saysName
                + ") does not match the name on the URL ("
                + name
                + ")");
      }
      metadata.put("name", name);
    }
  }

  private static void requireSame(String field, String says, @Nullable String expected) {
    if (!says.equals(expected)) {
      throw ApiProblem.badRequest(
          says.isEmpty()
              ? "Object '" + field + "' is missing"
              : field + " in the data (" + says + ") does not match the expected " + expected);
    }
  }

  private FieldOwnership.Author author(ResourceType type, WriteOptions options) {
    return new FieldOwnership.Author(
        options.manager(), type.apiVersion(), options.subresource(), now());
  }

  private String now() {
    return Instant.now(clock).truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
