package io.llamamesh.keys;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The question of a pod: what it may have of its mesh. Who it is its token says.
 *
 * @param mesh the mesh's uid
 */
public record KeyRequest(String mesh) {
  /** Longest document. */
  public static final int MAX_BYTES = 1 << 10;

  private static final int MAX_UID = 64;

  // Jackson leaves null what the document does not say.
  @SuppressWarnings("ConstantValue")
  public KeyRequest {
    if (mesh == null || mesh.isEmpty() || mesh.length() > MAX_UID) {
      throw new IllegalArgumentException("mesh is needed, a uid");
    }
  }

  static KeyRequest of(String mesh) {
    return new KeyRequest(mesh);
  }

  /**
   * Reads the document.
   *
   * @throws IOException where it is none
   */
  public static KeyRequest parse(byte[] json) throws IOException {
    try {
      @Nullable KeyRequest read = ResultsJson.mapper().readValue(json, KeyRequest.class);
      if (read == null) {
        throw new IOException("it is no document {\"mesh\": UID}");
      }
      return read;
    } catch (JsonProcessingException e) {
      throw new IOException("it is no document {\"mesh\": UID}", e);
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
