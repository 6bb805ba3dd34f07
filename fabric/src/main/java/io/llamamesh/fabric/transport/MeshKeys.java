package io.llamamesh.fabric.transport;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keys of a mesh as they are at one moment: one that signs, and all that are accepted. Immutable; a
 * rotation makes another one. Several keys may have one number, as when a Secret is made anew while
 * the old keys are still taken.
 */
public final class MeshKeys {

  /** No keys: nothing is signed, nothing is asked for. */
  public static final MeshKeys NONE = new MeshKeys(null, List.of());

  /** One key, derived for the fabric from the mesh's, which signs probes with another algorithm. */
  static final class Key {
    private static final byte[] PURPOSE = Hmac.label("llama-mesh fabric key");

    private final int id;
    private final byte[] secret;

    private Key(int id, byte[] meshKey) {
      this.id = id;
      this.secret = new Hmac(meshKey).digest(PURPOSE);
    }

    int id() {
      return id;
    }

    /** A MAC with this key, for one thread. */
    Hmac mac() {
      return new Hmac(secret);
    }

    private boolean isSame(Key other) {
      return id == other.id && MessageDigest.isEqual(secret, other.secret);
    }

    /** Never the secret: this may end up in a log. */
    @Override
    public String toString() {
      return "Key[id=" + id + "]";
    }
  }

  private final @Nullable Key signing;
  private final List<Key> accepted;

  private MeshKeys(@Nullable Key signing, List<Key> accepted) {
    this.signing = signing;
    this.accepted = List.copyOf(accepted);
  }

  /**
   * The same keys and one more.
   *
   * @param id its number, 1 to 255, which what is signed carries
   * @param meshKey the secret as the mesh has it, at least 16 bytes
   * @param sign whether to sign with it
   */
  public MeshKeys with(int id, byte[] meshKey, boolean sign) {
    if (id < 1 || id > 255 || meshKey.length < 16) {
      throw new IllegalArgumentException(
          "a key has a number from 1 to 255 and 16 bytes or more, was "
              + id
              + " with "
              + meshKey.length);
    }
    Key key = new Key(id, meshKey);
    List<Key> all = new ArrayList<>(accepted);
    all.add(key);
    return new MeshKeys(sign ? key : signing, all);
  }

  /** True when links and datagrams have to be authenticated. */
  public boolean isRequired() {
    return signing != null;
  }

  @Nullable Key signing() {
    return signing;
  }

  /** Keys of a number; empty where none is accepted. */
  List<Key> accepted(int id) {
    List<Key> found = new ArrayList<>(1);
    for (Key key : accepted) {
      if (key.id == id) {
        found.add(key);
      }
    }
    return found;
  }

  boolean accepts(Key key) {
    return accepted.stream().anyMatch(key::isSame);
  }

  /** True when this one signs with that key. */
  boolean signsWith(Key key) {
    return signing != null && signing.isSame(key);
  }
}
