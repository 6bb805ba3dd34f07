package io.llamamesh.scraper.auth;

import io.llamamesh.auth.KeyRing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tokens in {@code tokens.json} of a folder, read again when the file has changed. Whether it
 * has is looked at when somebody asks for a token, at most every three seconds; what cannot be read
 * leaves the last good ones.
 */
public final class TokenFile implements Tokens {
  private static final Logger LOG = LoggerFactory.getLogger(TokenFile.class);
  private static final Duration LOOK_EVERY = Duration.ofSeconds(3);
  private static final String SCHEME = "Bearer ";

  private final Path file;
  private final InstantSource clock;
  private KeyRing ring;
  private FileTime readAs;
  private Instant looked;
  private @Nullable String complaint;

  private TokenFile(Path file, InstantSource clock) throws IOException {
    this.file = file;
    this.clock = clock;
    this.looked = clock.instant();
    // The time before the content: should it change in between, it is read once more.
    this.readAs = Files.getLastModifiedTime(file);
    this.ring = KeyRing.read(file);
  }

  /**
   * Reads the tokens in a folder.
   *
   * @throws IOException where there are none, or none that may be shown now
   */
  public static TokenFile open(Path folder, InstantSource clock) throws IOException {
    TokenFile tokens = new TokenFile(folder.resolve(KeyRing.TOKENS_FILE), clock);
    if (tokens.bearer() == null) {
      throw new IOException(tokens.file + " has no token that may be used now");
    }
    return tokens;
  }

  @Override
  public @Nullable String bearer() {
    Instant now = clock.instant();
    KeyRing.Entry shown = current(now).signing(now);
    return shown == null ? null : shown.key();
  }

  @Override
  public boolean accepts(@Nullable String authorization) {
    if (authorization == null || !authorization.startsWith(SCHEME)) {
      return false;
    }
    Instant now = clock.instant();
    return current(now).accepts(authorization.substring(SCHEME.length()).strip(), now);
  }

  private synchronized KeyRing current(Instant now) {
    if (Duration.between(looked, now).abs().compareTo(LOOK_EVERY) >= 0) {
      looked = now;
      look();
    }
    return ring;
  }

  private void look() {
    try {
      FileTime changed = Files.getLastModifiedTime(file);
      if (!changed.equals(readAs)) {
        ring = KeyRing.read(file);
        readAs = changed;
        LOG.info("tokens read again file={} tokens={}", file, ring.entries().size());
      }
      complaint = null;
    } catch (IOException e) {
      String said = e.toString();
      if (!said.equals(complaint)) {
        complaint = said;
        LOG.warn("tokens not readable, the last ones stay error={}", said);
      }
    }
  }
}
