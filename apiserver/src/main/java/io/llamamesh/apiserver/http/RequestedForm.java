package io.llamamesh.apiserver.http;

import io.llamamesh.apiserver.store.Stored;
import io.llamamesh.apiserver.types.ResourceType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Objects in the form that the Accept header asks for. */
interface RequestedForm {
  /** An object. */
  byte[] one(Stored object);

  /** An object in a watch event. */
  byte[] event(Stored object);

  /** A page of a list. */
  void list(ListPages.Page page, OutputStream out) throws IOException;

  /** The form for a call. */
  static RequestedForm of(Call call, ResourceType type) {
    return new Plain(type);
  }

  /** Objects as they are. */
  record Plain(ResourceType type) implements RequestedForm {
    @Override
    public byte[] one(Stored object) {
      return object.bytes();
    }

    @Override
    public byte[] event(Stored object) {
      return object.bytes();
    }

    @Override
    public void list(ListPages.Page page, OutputStream out) throws IOException {
      StringBuilder head = new StringBuilder();
      head.append("{\"kind\":\"").append(type.kind()).append("List\",\"apiVersion\":\"");
      head.append(type.apiVersion()).append("\",\"metadata\":{\"resourceVersion\":\"");
      head.append(page.revision()).append('"');
      if (!page.next().isEmpty()) {
        head.append(",\"continue\":\"").append(page.next());
        head.append("\",\"remainingItemCount\":").append(page.remaining());
      }
      head.append("},\"items\":[");
      out.write(head.toString().getBytes(StandardCharsets.US_ASCII));
      boolean first = true;
      for (Stored object : page.objects()) {
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
}
