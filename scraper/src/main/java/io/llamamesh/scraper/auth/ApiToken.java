package io.llamamesh.scraper.auth;

import io.llamamesh.http.BearerToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Bearer tokens of the API: those of a file, one a line, read again when the file changes; empty
 * lines and those with # first are none. The mesh's own tokens are accepted too, so that the
 * operator has access.
 */
public final class ApiToken {
  private static final int MAX_BYTES = 64 << 10;

  private final WatchedFile<List<byte[]>> tokens;
  private final Tokens mesh;

  private ApiToken(WatchedFile<List<byte[]>> tokens, Tokens mesh) {
    this.tokens = tokens;
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
        && (isOfFile(given.getBytes(StandardCharsets.UTF_8))
            || (mesh != Tokens.NONE && mesh.accepts(authorization)));
  }

  /** Compares with all of them, so that the time taken tells nothing. */
  private boolean isOfFile(byte[] given) {
    boolean found = false;
    for (byte[] token : tokens.current()) {
      found |= MessageDigest.isEqual(token, given);
    }
    return found;
  }

  private static List<byte[]> read(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(file + " is larger than tokens");
    }
    List<byte[]> tokens =
        Files.readString(file)
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .map(line -> line.getBytes(StandardCharsets.UTF_8))
            .toList();
    if (tokens.isEmpty()) {
      throw new IOException(file + " is empty");
    }
    return tokens;
  }
}
