package io.llamamesh.scraper.auth;

import io.llamamesh.auth.FollowedRing;
import io.llamamesh.auth.KeyRing;
import io.llamamesh.http.BearerToken;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Tokens of file {@code tokens.json} in a folder, read again when the file changes; removed ones
 * are accepted for a while longer, as agents do ({@link FollowedRing}).
 */
public final class TokenFile implements Tokens {
  private final WatchedFile<KeyRing> ring;
  private final FollowedRing followed;
  private final InstantSource clock;

  private TokenFile(Path file, InstantSource clock) throws IOException {
    this.ring = new WatchedFile<>(file, KeyRing::read, clock);
    this.followed = new FollowedRing(ring.current(), clock.instant());
    this.clock = clock;
  }

  /**
   * Reads the tokens of a folder.
   *
   * @throws IOException if there are none, or none that is valid for sending now
   */
  public static TokenFile open(Path folder, InstantSource clock) throws IOException {
    TokenFile tokens = new TokenFile(folder.resolve(KeyRing.TOKENS_FILE), clock);
    if (tokens.bearer() == null) {
      throw new IOException(tokens.ring.file() + " has no token that may be used now");
    }
    return tokens;
  }

  @Override
  public @Nullable String bearer() {
    KeyRing.Entry shown = followed.signing(refresh());
    return shown == null ? null : shown.key();
  }

  @Override
  public boolean accepts(@Nullable String authorization) {
    String token = BearerToken.of(authorization);
    return token != null && followed.accepts(token, refresh());
  }

  /** Applies the current file; synchronized, so that an older file never replaces a newer one. */
  private synchronized Instant refresh() {
    Instant now = clock.instant();
    followed.follow(ring.current(), now);
    return now;
  }
}
