package io.llamamesh.scraper.auth;

import io.llamamesh.http.BearerToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Bearer token of the API: the one line of a file, read again when the file changes. The mesh's own
 * tokens are accepted too, so that the operator has access.
 */
public final class ApiToken {
  private static final int MAX_BYTES = 4_096;

  private final WatchedFile<byte[]> token;
  private final Tokens mesh;

  private ApiToken(WatchedFile<byte[]> token, Tokens mesh) {
    this.token = token;
    this.mesh = mesh;
  }

  /**
   * Reads the token file.
   *
   * @param mesh the mesh's tokens; {@link Tokens#NONE} accepts none
   * @throws IOException if the file cannot be read or has no token
   */
  public static ApiToken open(Path file, Tokens mesh, InstantSource clock) throws IOException {
    return new ApiToken(new WatchedFile<>(file, ApiToken::read, clock), mesh);
  }

  /** True if the value of a header {@code Authorization} grants access. */
  public boolean accepts(@Nullable String authorization) {
    String given = BearerToken.of(authorization);
    return given != null
        && (MessageDigest.isEqual(token.current(), given.getBytes(StandardCharsets.UTF_8))
            || (mesh != Tokens.NONE && mesh.accepts(authorization)));
  }

  private static byte[] read(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(file + " is larger than a token");
    }
    String token = Files.readString(file).strip();
    if (token.isEmpty()) {
      throw new IOException(file + " is empty");
    }
    return token.getBytes(StandardCharsets.UTF_8);
  }
}
