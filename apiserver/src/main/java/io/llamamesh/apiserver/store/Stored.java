package io.llamamesh.apiserver.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import org.jspecify.annotations.Nullable;

/** One version of an object. Its tree is shared by every reader and must not be changed. */
public final class Stored {
  private final ObjectKey key;
  private final long revision;
  private final ObjectNode tree;
  private volatile byte @Nullable [] bytes;

  Stored(ObjectKey key, long revision, ObjectNode tree) {
    this.key = key;
    this.revision = revision;
    this.tree = tree;
  }

  /** Its key. */
  public ObjectKey key() {
    return key;
  }

  /** The revision of the write that made this version: its resourceVersion. */
  public long revision() {
    return revision;
  }

  /** The document; copy it before changing anything. */
  public ObjectNode tree() {
    return tree;
  }

  /** The document as it goes on the wire, written once for all readers. */
  public byte[] bytes() {
    byte[] written = bytes;
    if (written == null) {
      written = Json.bytes(tree);
      bytes = written;
    }
    return written;
  }

  /** {@code metadata.uid}. */
  public String uid() {
    return Json.text(tree, "metadata", "uid");
  }
}
