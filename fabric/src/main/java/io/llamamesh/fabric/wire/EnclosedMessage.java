package io.llamamesh.fabric.wire;

import io.llamamesh.fabric.node.Message;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Message of a part above the fabric, as bytes that the fabric carries over a link and does not
 * read. Each part decodes, bounds and counts its own.
 */
public sealed interface EnclosedMessage extends Message {

  /** Bytes of the largest message. */
  int MAX_BYTES = MessageCodec.MAX_BYTES - 16;

  /** The part's own bytes, not copied. */
  byte[] bytes();

  /** A copy of a multicast on its way. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by content, never changed.
  record OfMulticast(byte[] bytes) implements EnclosedMessage {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof OfMulticast same && Arrays.equals(bytes, same.bytes);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bytes);
    }
  }

  /** A message between the stores of two neighbours. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by content, never changed.
  record OfStore(byte[] bytes) implements EnclosedMessage {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof OfStore same && Arrays.equals(bytes, same.bytes);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bytes);
    }
  }
}
