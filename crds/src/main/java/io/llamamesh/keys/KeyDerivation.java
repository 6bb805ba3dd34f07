package io.llamamesh.keys;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;

/**
 * Keys that follow from a mesh's master: of each node, of each pair, and what opens an API. Who has
 * a node's key can derive what that node may, and nothing of another one.
 *
 * <p>Names are fields of the derivation, each with its length before it, so that no two lists of
 * names give the same key.
 */
public final class KeyDerivation {
  /** Length of a master. */
  public static final int MASTER_BYTES = 32;

  private static final int NODE_BYTES = 32;
  private static final int PAIR_BYTES = 16;
  private static final int TOKEN_BYTES = 32;
  private static final String VERSION = "llama-mesh/1";

  private KeyDerivation() {}

  /**
   * The key of a node: what it has of its own.
   *
   * @param mesh the mesh's uid
   * @param generation another one makes another key
   */
  public static byte[] node(byte[] master, String mesh, String node, String generation) {
    return derive(master, NODE_BYTES, "node", mesh, node, generation);
  }

  /**
   * The key of probes from a sender to a node, and of that node's answers: 16 bytes, SipHash's.
   *
   * @param nodeKey of the node that is probed
   */
  public static byte[] pair(byte[] nodeKey, String sender, String senderGeneration) {
    return derive(nodeKey, PAIR_BYTES, "pair", sender, senderGeneration);
  }

  /**
   * The number by which a reflector finds the key of a pair: 32 bits, never 0.
   *
   * @param pairKey of {@link #pair}
   */
  public static int number(byte[] pairKey) {
    int number = ByteBuffer.wrap(derive(pairKey, Integer.BYTES, "number")).getInt();
    return number == 0 ? 1 : number;
  }

  /** The bearer token that opens a node's API for reading, and nothing else. */
  public static String readToken(byte[] nodeKey) {
    return token(nodeKey, "read");
  }

  /** The bearer token by which a node posts its own windows. */
  public static String postToken(byte[] nodeKey) {
    return token(nodeKey, "post");
  }

  /** SHA-256 of a token, in hexadecimal digits: who has it can recognise the token, not show it. */
  public static String hash(String token) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static String token(byte[] nodeKey, String use) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(derive(nodeKey, TOKEN_BYTES, use));
  }

  private static byte[] derive(byte[] secret, int bytes, String use, String... names) {
    ByteArrayOutputStream info = new ByteArrayOutputStream();
    field(info, VERSION);
    field(info, use);
    for (String name : names) {
      field(info, name);
    }
    return Hkdf.derive(secret, new byte[0], info.toByteArray(), bytes);
  }

  private static void field(ByteArrayOutputStream info, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > 0xffff) {
      throw new IllegalArgumentException("a name of " + bytes.length + " bytes");
    }
    info.write(bytes.length >> 8);
    info.write(bytes.length);
    info.writeBytes(bytes);
  }
}
