package io.llamamesh.fabric.transport;

import io.llamamesh.fabric.wire.MessageCodec;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a link: frames with a counter and a MAC, each under the number that follows the
 * one before, so that none can be changed, left out, or sent again.
 *
 * <pre>
 *   kind 1 | length of the body 4 | counter 8 | body | HMAC-SHA-256 of all before, 16 (0 without keys)
 * </pre>
 *
 * <p>A frame of kind {@link #REKEY} says that its sender's frames are under another key from the
 * next one on: after a rotation of the mesh's keys links go on.
 */
final class Frames {

  static final int MESSAGE = 0;
  static final int REKEY = 1;

  static final int HEADER = 13;

  /** Bytes of a body at most. */
  static final int MAX_BODY = MessageCodec.MAX_BYTES;

  private static final int RANDOM = 32;
  private static final byte[] REKEYED = Hmac.label("llama-mesh fabric frames rekeyed");
  private static final byte[] REKEY_PROOF = Hmac.label("llama-mesh fabric proof rekeyed");

  private final byte[] transcript;
  private final boolean ofDialler;
  private MeshKeys.@Nullable Key key;
  private @Nullable Hmac mac;
  private long counter;

  /**
   * A direction without a frame yet.
   *
   * @param ofDialler whether the dialling side sends
   */
  Frames(MeshKeys.@Nullable Key key, boolean ofDialler, byte[] transcript) {
    this.transcript = transcript;
    this.ofDialler = ofDialler;
    this.key = key;
    this.mac = key == null ? null : Handshake.frames(key, ofDialler, transcript);
  }

  /** The mesh's key that this direction rests on; null without keys. */
  MeshKeys.@Nullable Key key() {
    return key;
  }

  /** Bytes behind a body. */
  int trailer() {
    return mac == null ? 0 : Hmac.TRUNCATED;
  }

  /** The next frame. */
  byte[] seal(int kind, byte[] body) {
    byte[] frame = new byte[HEADER + body.length + trailer()];
    ByteBuffer.wrap(frame).put((byte) kind).putInt(body.length).putLong(counter++).put(body);
    if (mac != null) {
      mac.seal(frame, 0, HEADER + body.length);
    }
    return frame;
  }

  /** A frame that says that the next ones are under another key, which they then are. */
  byte[] rekey(MeshKeys.Key next, SecureRandom chance) {
    byte[] random = new byte[RANDOM];
    chance.nextBytes(random);
    byte[] body =
        ByteBuffer.allocate(1 + RANDOM + Hmac.BYTES)
            .put((byte) next.id())
            .put(random)
            .put(rekeyProof(next, random))
            .array();
    byte[] frame = seal(REKEY, body);
    use(next, random);
    return frame;
  }

  /**
   * Takes what {@link #rekey} says.
   *
   * @return whether the key is one that is accepted
   */
  boolean tryRekey(byte[] body, MeshKeys keys) {
    if (mac == null || body.length != 1 + RANDOM + Hmac.BYTES) {
      return false;
    }
    byte[] random = Arrays.copyOfRange(body, 1, 1 + RANDOM);
    byte[] proof = Arrays.copyOfRange(body, 1 + RANDOM, body.length);
    for (MeshKeys.Key next : keys.accepted(body[0] & 0xff)) {
      if (Hmac.isSame(rekeyProof(next, random), proof)) {
        use(next, random);
        return true;
      }
    }
    return false;
  }

  private byte[] rekeyProof(MeshKeys.Key next, byte[] random) {
    return next.mac().digest(REKEY_PROOF, direction(), transcript, random);
  }

  private void use(MeshKeys.Key next, byte[] random) {
    key = next;
    mac = new Hmac(next.mac().digest(REKEYED, direction(), transcript, random));
  }

  private byte[] direction() {
    return new byte[] {(byte) (ofDialler ? 1 : 0)};
  }

  /**
   * Checks the next frame.
   *
   * @param bytes where a whole frame begins at {@code from}
   * @return null where it is the next one and authentic, else what is wrong
   */
  @Nullable TransportEvent check(byte[] bytes, int from, int bodyLength) {
    int end = from + HEADER + bodyLength;
    if (mac != null && !mac.verifies(bytes, from, end)) {
      return TransportEvent.BAD_MAC;
    }
    if (ByteBuffer.wrap(bytes).getLong(from + 5) != counter) {
      return TransportEvent.WRONG_COUNTER;
    }
    counter++;
    return null;
  }
}
