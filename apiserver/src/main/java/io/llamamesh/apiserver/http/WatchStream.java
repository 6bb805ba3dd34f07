package io.llamamesh.apiserver.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.objects.ObjectSelector;
import io.llamamesh.apiserver.problem.ApiProblem;
import io.llamamesh.apiserver.store.ObjectChange;
import io.llamamesh.apiserver.store.ObjectStore;
import io.llamamesh.apiserver.store.ObjectStore.ExpiredException;
import io.llamamesh.apiserver.store.Stored;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * One watch: every change of a resource after a revision, in order, as lines of JSON. A client that
 * reads too slowly gets 410 (Expired) and lists again; nothing is left out silently.
 */
final class WatchStream {
  private static final Duration BOOKMARK_EVERY = Duration.ofSeconds(30);
  private static final long LONGEST_SECONDS = 1800;

  private final ObjectStore store;
  private final ResourcePath target;
  private final ObjectSelector selection;
  private final RequestedForm form;
  private final Call call;

  WatchStream(
      ObjectStore store,
      ResourcePath target,
      ObjectSelector selection,
      RequestedForm form,
      Call call) {
    this.store = store;
    this.target = target;
    this.selection = selection;
    this.form = form;
    this.call = call;
  }

  void run() throws IOException, InterruptedException {
    try (OutputStream out = call.stream()) {
      try {
        ObjectStore.Reader reader = start(out);
        follow(reader, out);
      } catch (ExpiredException e) {
        send(out, "ERROR", Json.bytes(ApiProblem.expired(String.valueOf(e.getMessage())).status()));
        out.flush();
      }
    }
  }

  private ObjectStore.Reader start(OutputStream out) throws IOException, ExpiredException {
    String from = call.query("resourceVersion");
    boolean initial =
        call.isSet("sendInitialEvents")
            || ((from.isEmpty() || from.equals("0")) && call.query("sendInitialEvents").isEmpty());
    if (!initial) {
      long revision = from.isEmpty() ? store.revision() : revision(from);
      return store.changesAfter(target.type().bucket(), revision);
    }
    ObjectStore.Snapshot now = store.list(target.type().bucket(), target.namespace());
    for (Stored object : now.objects()) {
      if (isWanted(object)) {
        send(out, "ADDED", form.one(object));
      }
    }
    if (call.isSet("sendInitialEvents")) {
      bookmark(out, now.revision(), true);
    }
    out.flush();
    return store.changesAfter(target.type().bucket(), now.revision());
  }

  private void follow(ObjectStore.Reader reader, OutputStream out)
      throws IOException, ExpiredException, InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(seconds()).toNanos();
    long lastSent = System.nanoTime();
    boolean bookmarks = call.isSet("allowWatchBookmarks");
    while (true) {
      long left = end - System.nanoTime();
      if (left <= 0 || store.isClosed()) {
        return;
      }
      List<ObjectChange> changes =
          reader.next(Duration.ofNanos(Math.min(left, BOOKMARK_EVERY.toNanos())));
      for (ObjectChange change : changes) {
        send(change, out);
      }
      long now = System.nanoTime();
      if (!changes.isEmpty()) {
        out.flush();
        lastSent = now;
      } else if (bookmarks && now - lastSent >= BOOKMARK_EVERY.toNanos()) {
        bookmark(out, reader.seen(), false);
        out.flush();
        lastSent = now;
      }
    }
  }

  private void send(ObjectChange change, OutputStream out) throws IOException {
    Stored before = change.previous();
    boolean wasWanted = before != null && isWanted(before);
    if (!(change instanceof ObjectChange.Deleted) && isWanted(change.object())) {
      send(out, wasWanted ? "MODIFIED" : "ADDED", form.one(change.object()));
    } else if (wasWanted) {
      send(out, "DELETED", form.one(change.object()));
    }
  }

  private boolean isWanted(Stored object) {
    return (target.namespace().isEmpty() || target.namespace().equals(object.key().namespace()))
        && (target.name().isEmpty() || target.name().equals(object.key().name()))
        && selection.matches(object.tree());
  }

  private void bookmark(OutputStream out, long revision, boolean initialEnd) throws IOException {
    ObjectNode mark =
        Json.object()
            .put("kind", target.type().kind())
            .put("apiVersion", target.type().apiVersion());
    ObjectNode metadata = Json.metadata(mark).put("resourceVersion", Long.toString(revision));
    if (initialEnd) {
      metadata.putObject("annotations").put("k8s.io/initial-events-end", "true");
    }
    send(out, "BOOKMARK", Json.bytes(mark));
  }

  private long seconds() {
    String asked = call.query("timeoutSeconds");
    long wanted = asked.isEmpty() ? LONGEST_SECONDS : revision(asked);
    return Math.min(wanted == 0 ? LONGEST_SECONDS : wanted, LONGEST_SECONDS);
  }

  /** A number in a query. */
  static long revision(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw ApiProblem.badRequest("not a number: " + text);
    }
  }

  private static void send(OutputStream out, String type, byte[] object) throws IOException {
    out.write(("{\"type\":\"" + type + "\",\"object\":").getBytes(StandardCharsets.US_ASCII));
    out.write(object);
    out.write('}');
    out.write('\n');
  }
}
