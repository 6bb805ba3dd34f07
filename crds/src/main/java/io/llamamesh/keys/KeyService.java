package io.llamamesh.keys;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where a mesh's keys are handed out, as the operator writes it into ConfigMap {@code <mesh>-keys},
 * which is mounted beside keys and tokens.
 *
 * @param url of the operator's server, https
 * @param authority certificates that the server's must be from, PEM
 * @param mesh the mesh's uid
 * @param revision another one means that there are other keys to fetch
 */
@JsonPropertyOrder({"url", "mesh", "revision", "authority"})
public record KeyService(String url, String authority, String mesh, String revision) {
  /** Its file in the folder of keys and tokens, and its entry in the ConfigMap. */
  public static final String FILE = "key-service.json";

  /** The file in that folder with the pod's own token. */
  public static final String TOKEN_FILE = "pod-token";

  /** Path of the server that hands out keys, for {@code POST}. */
  public static final String PATH = "/v1/keys";

  private static final int MAX_BYTES = 64 << 10;

  // Jackson leaves null what the document does not say.
  @SuppressWarnings("ConstantValue")
  public KeyService {
    if (url == null || authority == null || mesh == null || revision == null) {
      throw new IllegalArgumentException("url, authority, mesh and revision are needed");
    }
    if (!url.startsWith("https://") || URI.create(url).getHost() == null) {
      throw new IllegalArgumentException("url must be https://HOST[:PORT]");
    }
  }

  /** Audience of the tokens that pods of a mesh show there. */
  public static String audience(String meshUid) {
    return "keys.llamamesh.io/" + meshUid;
  }

  /**
   * Reads it from a folder.
   *
   * @throws IOException where it is not there, or unusable
   */
  public static KeyService read(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new IOException(file + " is longer than " + MAX_BYTES + " bytes");
      }
      return ResultsJson.mapper().readValue(bytes, KeyService.class);
    } catch (JsonProcessingException e) {
      throw new IOException(file + " is not usable: " + e.getOriginalMessage(), e);
    }
  }

  /** The document. */
  public String toJson() {
    try {
      return ResultsJson.mapper().writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record must be writable", e);
    }
  }
}
