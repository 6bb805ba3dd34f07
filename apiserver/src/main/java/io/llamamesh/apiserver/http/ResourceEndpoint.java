package io.llamamesh.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.journal.RequestJournal;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.objects.ObjectSelector;
import io.llamamesh.apiserver.objects.ObjectService;
import io.llamamesh.apiserver.objects.Patches;
import io.llamamesh.apiserver.objects.WriteOptions;
import io.llamamesh.apiserver.problem.ApiProblem;
import io.llamamesh.apiserver.store.ObjectStore;
import io.llamamesh.apiserver.store.Stored;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;

/** The verbs on objects and collections. */
final class ResourceEndpoint {
  private static final String NO_DRY_RUN = "the stand-in has no dry run";
  private static final String APPLY = "application/apply-patch+yaml";

  private final ObjectStore store;
  private final ObjectService objects;
  private final RequestJournal journal;

  ResourceEndpoint(ObjectStore store, ObjectService objects, RequestJournal journal) {
    this.store = store;
    this.objects = objects;
    this.journal = journal;
  }

  void serve(Call call, ResourcePath target) throws IOException, InterruptedException {
    boolean known =
        target.subresource().isEmpty()
            || (target.subresource().equals("status") && target.type().hasStatus());
    if (!known) {
      throw ApiProblem.noSuchPath();
    }
    boolean collection = target.name().isEmpty();
    boolean watch = call.method().equals("GET") && call.isSet("watch");
    if (watch && call.header("Upgrade").equalsIgnoreCase("websocket")) {
      // No web sockets here; a 200 is what makes clients watch by plain HTTP instead.
      call.answer(
          200, Json.object().put("kind", "Status").put("apiVersion", "v1").put("code", 200));
      return;
    }
    if (!call.query("dryRun").isEmpty()) {
      throw ApiProblem.badRequest(NO_DRY_RUN);
    }
    String verb =
        switch (call.method()) {
          case "GET" -> watch ? "watch" : collection ? "list" : "get";
          case "POST" -> "create";
          case "PUT" -> "update";
          case "PATCH" -> "patch";
          case "DELETE" -> "delete";
          default -> "";
        };
    boolean isOnCollection = verb.equals("create");
    if (verb.isEmpty() || (!call.method().equals("GET") && isOnCollection != collection)) {
      throw ApiProblem.methodNotAllowed();
    }
    journal.record(new RequestJournal.Request(call.identity(), verb, target.resource()));
    switch (verb) {
      case "watch" -> watch(call, target);
      case "list" -> list(call, target);
      case "get" ->
          call.answer(
              200,
              RequestedForm.of(call, target.type())
                  .one(objects.get(target.type(), target.namespace(), target.name())));
      case "create" -> create(call, target);
      case "update" -> {
        WriteOptions options = options(call, target);
        Stored stored =
            objects.update(
                target.type(), target.namespace(), target.name(), call.object(), options);
        answer(call, 200, stored, options);
      }
      case "patch" -> patch(call, target);
      default -> delete(call, target);
    }
  }

  private void watch(Call call, ResourcePath target) throws IOException, InterruptedException {
    ObjectSelector selection = selection(call);
    RequestedForm form = RequestedForm.of(call, target.type());
    new WatchStream(store, target, selection, form, call).run();
  }

  /** Whole, whatever {@code limit} asks for. */
  private void list(Call call, ResourcePath target) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    RequestedForm.of(call, target.type()).list(snapshot(call, target), out);
    call.answer(200, out.toByteArray());
  }

  private ObjectStore.Snapshot snapshot(Call call, ResourcePath target) {
    ObjectSelector selection = selection(call);
    ObjectStore.Snapshot now = store.list(target.type().bucket(), target.namespace());
    String asked = call.query("resourceVersion");
    if (!asked.isEmpty() && WatchStream.revision(asked) > now.revision()) {
      throw ApiProblem.expired(
          "Too large resource version: " + asked + ", current: " + now.revision());
    }
    if (selection == ObjectSelector.ALL) {
      return now;
    }
    return new ObjectStore.Snapshot(
        now.revision(), now.objects().stream().filter(o -> selection.matches(o.tree())).toList());
  }

  private void create(Call call, ResourcePath target) throws IOException {
    WriteOptions options = options(call, target);
    ObjectNode body = call.object();
    String namespace = target.namespace();
    if (target.type().isNamespaced() && namespace.isEmpty()) {
      throw ApiProblem.badRequest("an empty namespace may not be set during creation");
    }
    answer(call, 201, objects.create(target.type(), namespace, body, options), options);
  }

  private void patch(Call call, ResourcePath target) throws IOException {
    WriteOptions options = options(call, target);
    if (call.mediaType().equals(APPLY)) {
      if (call.query("fieldManager").isEmpty()) {
        throw ApiProblem.badRequest(
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required"
                + " for apply patch");
      }
      ObjectService.Written written =
          objects.apply(target.type(), target.namespace(), target.name(), call.object(), options);
      answer(call, written.created() ? 201 : 200, written.object(), options);
      return;
    }
    Patches format = Patches.of(call.mediaType());
    JsonNode patch = call.bodyOrNull();
    if (patch == null) {
      throw ApiProblem.badRequest("the patch is empty");
    }
    Stored stored =
        objects.patch(target.type(), target.namespace(), target.name(), format, patch, options);
    answer(call, 200, stored, options);
  }

  private void delete(Call call, ResourcePath target) throws IOException {
    JsonNode body = call.bodyOrNull();
    JsonNode options = body == null ? MissingNode.getInstance() : body;
    if (call.query("propagationPolicy").equals("Orphan")
        || Json.text(options, "propagationPolicy").equals("Orphan")) {
      throw ApiProblem.badRequest("the stand-in always deletes dependents, in the background");
    }
    if (!options.path("dryRun").isEmpty()) {
      throw ApiProblem.badRequest(NO_DRY_RUN);
    }
    Stored deleted =
        objects.delete(
            target.type(),
            target.namespace(),
            target.name(),
            Json.text(options, "preconditions", "uid"),
            Json.text(options, "preconditions", "resourceVersion"));
    call.answer(200, deleted.bytes());
  }

  private static void answer(Call call, int code, Stored stored, WriteOptions options)
      throws IOException {
    call.warn(options.warnings());
    call.answer(code, stored.bytes());
  }

  private static ObjectSelector selection(Call call) {
    return ObjectSelector.of(call.query("labelSelector"), call.query("fieldSelector"));
  }

  private static WriteOptions options(Call call, ResourcePath target) {
    return new WriteOptions(
        call.fieldManager(),
        target.subresource(),
        call.isSet("force"),
        call.query("fieldValidation").equals("Strict"),
        new ArrayList<>());
  }
}
