package io.llamamesh.keys;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import io.llamamesh.auth.KeyRing;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a node is handed: its keys, one for each master that is accepted, those of the pairs in
 * which it is the sender, and the senders of the others, whose keys it derives from its own.
 *
 * @param mesh the mesh's uid
 * @param node its name
 * @param revision of {@link KeyService}, when they were handed out
 * @param keys its own, of 32 bytes
 * @param pairs of its probes to others, of 16 bytes, by the other's name
 * @param senders that probe it, by their names; empty where the server is older
 */
@JsonPropertyOrder({"mesh", "node", "revision", "keys", "pairs", "senders"})
public record NodeKeys(
    String mesh,
    String node,
    String revision,
    List<KeyRing.Entry> keys,
    SortedMap<String, List<KeyRing.Entry>> pairs,
    SortedMap<String, Sender> senders) {
  /** Longest document: 20,000 pairs of two keys each, of 100 characters. */
  public static final int MAX_BYTES = 4 << 20;

  /**
   * A node that probes this one.
   *
   * @param generation of its key
   * @param addresses that its probes come from, and no others
   */
  public record Sender(String generation, List<String> addresses) {
    /** Addresses of one node at most. */
    public static final int MAX_ADDRESSES = 8;

    // Jackson leaves null what the document does not say.
    @SuppressWarnings("ConstantValue")
    public Sender {
      if (generation == null || addresses == null || addresses.size() > MAX_ADDRESSES) {
        throw new IllegalArgumentException(
            "a sender needs a generation and up to " + MAX_ADDRESSES + " addresses");
      }
      addresses = List.copyOf(addresses);
    }
  }

  /** What an older server hands out. */
  public NodeKeys(
      String mesh,
      String node,
      String revision,
      List<KeyRing.Entry> keys,
      SortedMap<String, List<KeyRing.Entry>> pairs) {
    this(mesh, node, revision, keys, pairs, new TreeMap<>());
  }

  // Jackson leaves null what the document does not say.
  @SuppressWarnings("ConstantValue")
  public NodeKeys {
    if (mesh == null || node == null || revision == null || keys == null || keys.isEmpty()) {
      throw new IllegalArgumentException("mesh, node, revision and keys are needed");
    }
    keys = List.copyOf(keys);
    keys.forEach(NodeKeys::check);
    pairs =
        Collections.unmodifiableSortedMap(pairs == null ? new TreeMap<>() : new TreeMap<>(pairs));
    senders =
        Collections.unmodifiableSortedMap(
            senders == null ? new TreeMap<>() : new TreeMap<>(senders));
  }

  @SuppressWarnings("ConstantValue")
  private static void check(KeyRing.Entry entry) {
    if (entry.key() == null || entry.signFrom() == null) {
      throw new IllegalArgumentException("every key needs id, key and signFrom");
    }
    if (Base64.getDecoder().decode(entry.key()).length < KeyDerivation.MASTER_BYTES / 2) {
      throw new IllegalArgumentException("a key is too short");
    }
  }

  /**
   * Reads the document.
   *
   * @throws IOException where it is none; the message never quotes what it holds
   */
  public static NodeKeys parse(byte[] json) throws IOException {
    try {
      @Nullable NodeKeys read = ResultsJson.mapper().readValue(json, NodeKeys.class);
      if (read == null) {
        throw new IOException("it is no document of a node's keys");
      }
      return read;
    } catch (JsonProcessingException e) {
      // The parser's message quotes what it read.
      throw new IOException("it is no document of a node's keys");
    }
  }

  /** The document. */
  public byte[] toJson() {
    try {
      return ResultsJson.mapper().writeValueAsString(this).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record must be writable", e);
    }
  }

  /** The token by which it posts now; null where all its keys have expired. */
  public @Nullable String postToken(Instant now) {
    KeyRing.Entry signing = new KeyRing(keys).signing(now);
    return signing == null ? null : KeyDerivation.postToken(secret(signing));
  }

  /** True when a token opens this node's API for reading; takes as long for a wrong one. */
  public boolean acceptsReader(String token, Instant now) {
    List<KeyRing.Entry> tokens = new ArrayList<>();
    for (KeyRing.Entry entry : keys) {
      tokens.add(
          new KeyRing.Entry(
              entry.id(),
              KeyDerivation.readToken(secret(entry)),
              entry.signFrom(),
              entry.acceptUntil()));
    }
    return new KeyRing(tokens).accepts(token, now);
  }

  private static byte[] secret(KeyRing.Entry entry) {
    return Base64.getDecoder().decode(entry.key());
  }

  /** Never the keys: this may end up in a log. */
  @Override
  public String toString() {
    return "NodeKeys[" + node + ", " + keys + ", pairs=" + Map.copyOf(pairs).keySet() + "]";
  }
}
