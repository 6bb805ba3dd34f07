package io.llamamesh.fabric.transport;

import io.llamamesh.fabric.codec.ByteReader;
import io.llamamesh.fabric.codec.ByteWriter;
import io.llamamesh.fabric.codec.CodecException;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.node.Incarnation;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * The opening of a link: each side says who it is and adds 32 random bytes, then proves by
 * HMAC-SHA-256 over both hellos that it has the mesh's key, the dialling side first. Keys of
 * frames, one for each direction, come from the same hellos. A hello or proof of one link is of no
 * use in another.
 *
 * <pre>
 *   dialler                                   acceptor
 *      HELLO version, mesh, node, expected, …  ─►
 *                                              ◄─  HELLO, or REFUSAL with a reason
 *      PROOF                                   ─►
 *                                              ◄─  PROOF (the link is up there already)
 *      frames                                 ◄─►  frames
 * </pre>
 *
 * <p>Each of them is a length of two bytes, a kind, and the body. Without keys the proofs are
 * empty.
 */
final class Handshake {

  /** The version that this one speaks. */
  static final int VERSION = 1;

  /** The oldest that it still speaks. */
  static final int OLDEST = 1;

  static final int KIND_HELLO = 1;
  static final int KIND_PROOF = 2;
  static final int KIND_REFUSAL = 3;

  /** Bytes of a hello at most, more than the longest names and addresses take. */
  static final int MAX_BYTES = 4_096;

  static final int HEADER = 3;

  private static final int MAGIC = 0x4c4d4642; // "LMFB"
  private static final int RANDOM = 32;
  private static final byte[] DIALLER = Hmac.label("llama-mesh fabric proof dialler");
  private static final byte[] ACCEPTOR = Hmac.label("llama-mesh fabric proof acceptor");
  private static final byte[] DIALLER_FRAMES = Hmac.label("llama-mesh fabric frames dialler");
  private static final byte[] ACCEPTOR_FRAMES = Hmac.label("llama-mesh fabric frames acceptor");

  private Handshake() {}

  /**
   * The hello of one side.
   *
   * @param version the newest version that it speaks
   * @param oldest the oldest
   * @param epoch what its reflector marks answers to probes with, 0 where it has none
   * @param keyId number of the key that it proves to have; 0 for none
   * @param expected whom it has dialled; empty from the accepting side
   * @param nonce the dialling side's number of the link
   * @param lastSeen the accepting side's number of its last link to the dialling one
   * @param random hexadecimal digits that were never used before
   */
  record Hello(
      int version,
      int oldest,
      String mesh,
      FabricPeer node,
      long incarnation,
      int epoch,
      int keyId,
      String expected,
      long nonce,
      long lastSeen,
      String random) {

    byte[] toBytes() {
      ByteWriter out = new ByteWriter();
      out.writeLong((long) MAGIC << 32 | version << 8 | oldest);
      out.writeText(mesh);
      out.writeText(node.name());
      out.writeText(node.address());
      out.writeVarint(incarnation);
      out.writeVarint(epoch & 0xffff_ffffL);
      out.writeByte(keyId);
      out.writeText(expected);
      out.writeVarint(nonce);
      out.writeVarint(lastSeen);
      out.writeText(random);
      return out.toBytes();
    }

    /** True when the two speak a common version. */
    boolean isSpoken() {
      return version >= OLDEST && oldest <= VERSION;
    }
  }

  /** What a hello says; a newer version may say more behind it. */
  static Hello read(byte[] body) throws CodecException {
    ByteReader in = new ByteReader(body);
    long first = in.readLong();
    if (first >>> 32 != MAGIC) {
      throw new CodecException("no hello");
    }
    int version = (int) (first >>> 8) & 0xff;
    int oldest = (int) first & 0xff;
    try {
      Hello hello =
          new Hello(
              version,
              oldest,
              in.readText(FabricPeer.MAX_NAME),
              new FabricPeer(in.readText(FabricPeer.MAX_NAME), in.readText(FabricPeer.MAX_ADDRESS)),
              in.readVarint(Incarnation.MAX),
              (int) in.readVarint(0xffff_ffffL),
              in.readByte(),
              in.readText(FabricPeer.MAX_NAME),
              in.readVarint(Long.MAX_VALUE),
              in.readVarint(Long.MAX_VALUE),
              in.readText(2 * RANDOM));
      if (hello.random.length() != 2 * RANDOM || !Incarnation.isValid(hello.incarnation)) {
        throw new CodecException("a hello of no life or without its random bytes");
      }
      if (version == VERSION) {
        in.expectEnd();
      }
      return hello;
    } catch (IllegalArgumentException e) {
      throw new CodecException(String.valueOf(e.getMessage()));
    }
  }

  static String random(SecureRandom random) {
    byte[] bytes = new byte[RANDOM];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /** A message of a handshake as it goes over the wire. */
  static byte[] frame(int kind, byte[] body) {
    byte[] bytes = new byte[HEADER + body.length];
    bytes[0] = (byte) (body.length >> 8);
    bytes[1] = (byte) body.length;
    bytes[2] = (byte) kind;
    System.arraycopy(body, 0, bytes, HEADER, body.length);
    return bytes;
  }

  /** What both proofs and all keys of a link are made of. */
  static byte[] transcript(byte[] diallersHello, byte[] acceptorsHello) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update((byte) (diallersHello.length >> 8));
      digest.update((byte) diallersHello.length);
      digest.update(diallersHello);
      return digest.digest(acceptorsHello);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  static byte[] proof(MeshKeys.Key key, boolean ofDialler, byte[] transcript) {
    return key.mac().digest(ofDialler ? DIALLER : ACCEPTOR, transcript);
  }

  /** The key of what one side sends. */
  static Hmac frames(MeshKeys.Key key, boolean ofDialler, byte[] transcript) {
    return new Hmac(key.mac().digest(ofDialler ? DIALLER_FRAMES : ACCEPTOR_FRAMES, transcript));
  }
}
