package io.llamamesh.apiserver.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.store.ObjectStore.Snapshot;
import io.llamamesh.apiserver.store.Stored;
import io.llamamesh.apiserver.table.Tables;
import io.llamamesh.apiserver.types.ResourceType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

/** Objects in the form that the Accept header asks for. */
interface RequestedForm {
  /** An object, also in a watch event. */
  byte[] one(Stored object);

  /** A list. */
  void list(Snapshot snapshot, OutputStream out) throws IOException;

  /** The form for a call: the first one asked for that there is. */
  static RequestedForm of(Call call, ResourceType type) {
    for (String accepted : call.header("Accept").split(",", -1)) {
      if (accepted.contains("as=Table") && !accepted.contains("v=v1beta1")) {
        return new Table(new Tables(type, call.query("includeObject")));
      }
      if (!accepted.contains("as=") && accepted.contains("json")) {
        break;
      }
    }
    return new Plain(type);
  }

  /** Objects as they are. */
  record Plain(ResourceType type) implements RequestedForm {
    @Override
    public byte[] one(Stored object) {
      return object.bytes();
    }

    @Override
    public void list(Snapshot snapshot, OutputStream out) throws IOException {
      ObjectNode list = Json.object().put("kind", type.kind() + "List");
      list.put("apiVersion", type.apiVersion());
      Json.metadata(list).put("resourceVersion", Long.toString(snapshot.revision()));
      byte[] head = Json.bytes(list);
      out.write(head, 0, head.length - 1);
      out.write(",\"items\":[".getBytes(StandardCharsets.US_ASCII));
      boolean first = true;
      for (Stored object : snapshot.objects()) {
        if (!first) {
          out.write(',');
        }
        first = false;
        out.write(object.bytes());
      }
      out.write(']');
      out.write('}');
    }
  }

  /** Objects as rows of cells. */
  record Table(Tables tables) implements RequestedForm {
    @Override
    public byte[] one(Stored object) {
      return bytes(new Snapshot(object.revision(), List.of(object)));
    }

    @Override
    public void list(Snapshot snapshot, OutputStream out) throws IOException {
      out.write(bytes(snapshot));
    }

    private byte[] bytes(Snapshot snapshot) {
      ObjectNode table =
          tables.table(snapshot.objects().stream().map(Stored::tree).toList(), Instant.now());
      Json.metadata(table).put("resourceVersion", Long.toString(snapshot.revision()));
      return Json.bytes(table);
    }
  }
}
