package io.llamamesh.keys;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import io.llamamesh.auth.KeyRing;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a scraper is handed: the token that opens each agent's API, and how it knows a node by what
 * that posts. It can post as none.
 *
 * @param mesh the mesh's uid
 * @param nodes all that carry a config
 */
@JsonPropertyOrder({"mesh", "nodes"})
public record ReaderKeys(String mesh, List<NodeTokens> nodes) {
  private static final int MAX_NODES = 20_000;

  /**
   * One node.
   *
   * @param reads its read tokens, one for each master that is accepted
   * @param posts {@link KeyDerivation#hash} of its post tokens
   * @param usesMeshToken its agent knows no keys of its own yet, and posts by the mesh's token
   */
  @JsonPropertyOrder({"name", "reads", "posts", "usesMeshToken"})
  public record NodeTokens(
      String name, List<KeyRing.Entry> reads, List<String> posts, boolean usesMeshToken) {
    // Jackson leaves null what the document does not say.
    @SuppressWarnings("ConstantValue")
    public NodeTokens {
      if (name == null || reads == null || posts == null) {
        throw new IllegalArgumentException("name, reads and posts are needed");
      }
      reads = List.copyOf(reads);
      posts = List.copyOf(posts);
    }

    /** Never the tokens: this may end up in a log. */
    @Override
    public String toString() {
      return "NodeTokens[" + name + ", " + reads + "]";
    }
  }

  // Jackson leaves null what the document does not say.
  @SuppressWarnings("ConstantValue")
  public ReaderKeys {
    if (mesh == null || nodes == null || nodes.size() > MAX_NODES) {
      throw new IllegalArgumentException("mesh and up to " + MAX_NODES + " nodes are needed");
    }
    nodes = List.copyOf(nodes);
  }

  /**
   * Reads the document.
   *
   * @throws IOException where it is none; the message never quotes what it holds
   */
  public static ReaderKeys parse(byte[] json) throws IOException {
    try {
      @Nullable ReaderKeys read = ResultsJson.mapper().readValue(json, ReaderKeys.class);
      if (read == null) {
        throw new IOException("it is no document of readers' keys");
      }
      return read;
    } catch (JsonProcessingException e) {
      // The parser's message quotes what it read.
      throw new IOException("it is no document of readers' keys");
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
}
