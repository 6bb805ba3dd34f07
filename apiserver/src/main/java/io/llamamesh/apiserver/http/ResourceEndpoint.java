package io.llamamesh.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.journal.RequestJournal;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.objects.Deletion;
import io.llamamesh.apiserver.objects.ObjectService;
import io.llamamesh.apiserver.objects.Patches;
import io.llamamesh.apiserver.objects.Selection;
import io.llamamesh.apiserver.objects.WriteOptions;
import io.llamamesh.apiserver.problem.ApiProblem;
import io.llamamesh.apiserver.store.ObjectStore;
import io.llamamesh.apiserver.store.Stored;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The verbs on objects and collections. */
final class ResourceEndpoint {
  private static final String APPLY = "application/apply-patch+yaml";

  private final ObjectStore store;
  private final ObjectService objects;
  private final Deletion deletion;
  private final RequestJournal journal;

  ResourceEndpoint(
      ObjectStore store,
      ObjectService objects,
      Deletion deletion,
      RequestJournal journal) {
    this.store = store;
    this.objects = objects;
    this.deletion = deletion;
    this.journal = journal;
  }

  void serve(Call call, Target target) throws IOException, InterruptedException {
    boolean known =
        target.subresource().isEmpty()
            || (target.subresource().equals("status") && target.type().hasStatus());
    if (!known) {
      throw ApiProblem.noSuchPath();
    }
    boolean collection = target.name().isEmpty();
    boolean watch = call.method().equals("GET") && call.flag("watch");
    if (watch && call.header("Upgrade").equalsIgnoreCase("websocket")) {
      // No web sockets here; a 200 is what makes clients watch by plain HTTP instead.
      call.answer(
          200, Json.object().put("kind", "Status").put("apiVersion", "v1").put("code", 200));
      return;
    }
    if (!call.query("dryRun").isEmpty()) {
      throw ApiProblem.badRequest("the stand-in has no dry run");
    }
    String verb =
        switch (call.method()) {
          case "GET" -> watch ? "watch" : collection ? "list" : "get";
          case "POST" -> "create";
          case "PUT" -> "update";
          case "PATCH" -> "patch";
          case "DELETE" -> "delete";
          default -> throw ApiProblem.methodNotAllowed();
        };
    journal.record(new RequestJournal.Request(call.identity(), verb, target.resource()));
    switch (verb) {
      case "watch" -> watch(call, target);
      case "list" -> list(call, target);
      case "get" ->
          call.answer(
              200,
              form(call, target)
                  .one(objects.get(target.type(), target.namespace(), target.name())));
      case "create" -> create(call, target);
      case "update" -> {
        requireName(target);
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

  private void watch(Call call, Target target) throws IOException, InterruptedException {
    Selection selection = selection(call, target);
    RequestedForm form = form(call, target);
    new WatchStream(store, target, selection, form::one, call).run();
  }

  /** Whole, whatever {@code limit} asks for. */
  private void list(Call call, Target target) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    form(call, target).list(snapshot(call, target), out);
    call.answer(200, out.toByteArray());
  }

  private ObjectStore.Snapshot snapshot(Call call, Target target) {
    Selection selection = selection(call, target);
    ObjectStore.Snapshot now = store.list(target.type().bucket(), target.namespace());
    String asked = call.query("resourceVersion");
    if (!asked.isEmpty() && WatchStream.revision(asked) > now.revision()) {
      throw ApiProblem.expired(
          "Too large resource version: " + asked + ", current: " + now.revision());
    }
    if (call.query("resourceVersionMatch").equals("Exact")
        && WatchStream.revision(asked) != now.revision()) {
      throw ApiProblem.expired("The resourceVersion for the provided list is too old.");
    }
    if (selection == Selection.ALL) {
      return now;
    }
    return new ObjectStore.Snapshot(
        now.revision(), now.objects().stream().filter(o -> selection.includes(o.tree())).toList());
  }

  private void create(Call call, Target target) throws IOException {
    if (!target.name().isEmpty()) {
      throw ApiProblem.methodNotAllowed();
    }
    WriteOptions options = options(call, target);
    ObjectNode body = call.object();
    String namespace = target.namespace();
    if (target.type().namespaced() && namespace.isEmpty()) {
      throw ApiProblem.badRequest("an empty namespace may not be set during creation");
    }
    answer(call, 201, objects.create(target.type(), namespace, body, options), options);
  }

  private void patch(Call call, Target target) throws IOException {
    requireName(target);
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

  private void delete(Call call, Target target) throws IOException {
    requireName(target);
    JsonNode body = call.bodyOrNull();
    Deletion.Options options = Deletion.Options.of(body);
    String propagation =
        body == null ? call.query("propagationPolicy") : Json.text(body, "propagationPolicy");
    if (propagation.equals("Orphan")) {
      throw ApiProblem.badRequest("the stand-in always deletes dependents, in the background");
    }
    Deletion.Deleted deleted =
        deletion.delete(target.type(), target.namespace(), target.name(), options);
    if (!deleted.gone() || target.type().bucket().equals("pods")) {
      call.answer(200, deleted.object().bytes());
      return;
    }
    ObjectNode status = Json.object().put("kind", "Status").put("apiVersion", "v1");
    status.putObject("metadata");
    status.put("status", "Success");
    ObjectNode details = status.putObject("details").put("name", target.name());
    if (!target.type().group().isEmpty()) {
      details.put("group", target.type().group());
    }
    details.put("kind", target.type().plural()).put("uid", deleted.object().uid());
    call.answer(200, status);
  }

  private static void answer(Call call, int code, Stored stored, WriteOptions options)
      throws IOException {
    call.warn(options.warnings());
    call.answer(code, stored.bytes());
  }

  private static RequestedForm form(Call call, Target target) {
    return RequestedForm.of(call, target.type());
  }

  private static Selection selection(Call call, Target target) {
    return Selection.of(target.type(), call.query("labelSelector"), call.query("fieldSelector"));
  }

  private static WriteOptions options(Call call, Target target) {
    return new WriteOptions(
        call.fieldManager(),
        target.subresource(),
        call.flag("force"),
        WriteOptions.UnknownFields.of(call.query("fieldValidation")),
        new ArrayList<>());
  }

  private static void requireName(Target target) {
    if (target.name().isEmpty()) {
      throw ApiProblem.methodNotAllowed();
    }
  }
}
